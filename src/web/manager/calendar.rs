//! `/manage/{venue}/calendar`: a day of the venue in one sport, with who has what: a free cell is sold, a taken one opened.
//!
//! Where a booking is being moved, a free cell is where it may go.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{DayLink, Head, Here, around, days};
use super::people_rows::rows_of;
use super::place::At;
use crate::api::answer::span_of_day;
use crate::api::extract::PathText;
use crate::api::manager::authority::Task;
use crate::api::manager::booking_changes::changeable;
use crate::api::manager::day_bookings::of_day;
use crate::api::open_data::venue_view::clock_text;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::api::resident::booking_view::BookingStatus;
use crate::api::written_time::WrittenDay;
use crate::domain::catalogue::Pitch;
use crate::domain::ids::SportNo;
use crate::domain::time::LocalDay;
use crate::domain::units::UnitSpan;
use crate::engine::bookings::Booking;
use crate::engine::view::{Slot, SlotStatus};
use crate::web::address::encoded;
use crate::web::format;
use crate::web::page;
use crate::web::resident::grid_day::{columns, is_session};
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

#[derive(Debug, Deserialize)]
pub struct CalendarQuery {
    date: Option<WrittenDay>,
    #[serde(default)]
    sport: String,
    /// A booking that is being moved.
    #[serde(default, rename = "move")]
    moving: String,
}

#[derive(Template)]
#[template(path = "manager/calendar.html")]
struct CalendarPage {
    shell: Shell,
    head: Head,
    days: Vec<DayLink>,
    sports: Vec<(String, String, bool)>,
    date: String,
    sport: String,
    moving: Option<Moving>,
    caption: String,
    columns: Vec<ColumnView>,
    rows: Vec<RowView>,
    /// What is told of marked cells: `{0}` is the pitch, `{1}` the times.
    marked: String,
    sell: String,
    /// Where marked cells are closed, for who may.
    close: Option<String>,
}

struct ColumnView {
    code: String,
    name: String,
}

struct RowView {
    time: String,
    /// When its slots begin, as the city writes moments.
    start: String,
    cells: Vec<CellView>,
}

/// The booking that is being moved.
struct Moving {
    id: String,
    told: String,
    back: String,
}

/// A cell of the table.
struct CellView {
    state: &'static str,
    text: String,
    name: String,
    address: String,
    minutes: u16,
    /// Of a booking that can be moved.
    moves: Option<Moves>,
}

/// How a booking is moved.
struct Moves {
    to: String,
    minutes: u16,
}

impl CellView {
    fn none() -> Self {
        let (text, name, address) = (String::new(), String::new(), String::new());
        Self { state: "none", text, name, address, minutes: 0, moves: None }
    }
}

/// The day.
///
/// # Errors
/// As `At::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<CalendarQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    let words = visitor.words;
    let catalogue = &at.world.catalogue;
    let moved = match query.moving.as_str() {
        "" => None,
        id => Some((id, booking_here(&desk, &at, id).await?)),
    };
    let first_day = moved.map_or(at.today(), |(_, booking)| booking.terms.day);
    let day = query.date.map_or(first_day, |date| date.0);
    let sports = sports_of(&at);
    let of_moved = moved.and_then(|(_, booking)| Some(catalogue.pitch(booking.terms.pitch)?.sport));
    let chosen = catalogue.sport_by_code(&query.sport).filter(|sport| sports.contains(sport));
    let sport = of_moved.or(chosen).or_else(|| sports.first().copied());
    let with_move = |address: String| match moved {
        Some((id, _)) => format!("{address}&move={}", encoded(id)),
        None => address,
    };
    let address = |sport: &str, day: LocalDay| {
        with_move(at.address(&format!("/calendar?date={day}&sport={}", encoded(sport))))
    };
    let code_of = |sport: SportNo| catalogue.sport(sport).map_or("", |def| def.code.as_str());
    let sport_code = sport.map_or("", code_of).to_owned();
    let chip = |no: &SportNo| {
        let name = catalogue.sport(*no).map_or("", |def| format::name(words, &def.name)).to_owned();
        (name, address(code_of(*no), day), Some(*no) == sport)
    };
    let pitches = match sport {
        Some(sport) => columns(&at.world, at.venue()?, sport),
        None => Vec::new(),
    };
    let rows = rows(&desk, &at, &visitor, &pitches, day, moved).await?;
    let (shell, head) = around(&at, &visitor, Here::Calendar, words.say("manage-calendar"))?;
    let moving = moved.map(|(id, booking)| Moving {
        id: id.to_owned(),
        told: words.tell(
            "moving-told",
            &[
                ("date", format::day(words, booking.terms.day).into()),
                ("time", format::span(booking.terms.span).into()),
            ],
        ),
        back: at.address(&format!("/bookings/{}", encoded(id))),
    });
    let column = |pitch: &Pitch| ColumnView {
        code: pitch.code.as_str().to_owned(),
        name: format::name(words, &pitch.name).to_owned(),
    };
    let page = CalendarPage {
        shell: shell.with_modules(&["drag.js", "keys.js"]),
        head,
        days: days(words, at.today(), day, |day| address(&sport_code, day)),
        sports: if moving.is_some() { Vec::new() } else { sports.iter().map(chip).collect() },
        date: day.to_string(),
        sport: sport_code.clone(),
        moving,
        caption: format::day(words, day),
        columns: pitches.iter().map(|pitch| column(pitch)).collect(),
        rows,
        marked: words.tell("marked-told", &[("pitch", "{0}".into()), ("time", "{1}".into())]),
        sell: at.address("/sell"),
        close: at.manages.then(|| at.address("/closures")),
    };
    page::own(StatusCode::OK, &page)
}

/// One of this venue's bookings.
///
/// # Errors
/// As `changeable`; `not-found` also for one of another venue, which an operator may see there.
pub async fn booking_here(desk: &Desk, at: &At, id: &str) -> Result<Booking, Problem> {
    let (authority, booking) = changeable(desk, at.who, id).await?;
    Some(booking).filter(|_| authority.venue == at.venue).ok_or(Problem::NotFound)
}

/// The sports that are played here, in the order of their pitches.
fn sports_of(at: &At) -> Vec<SportNo> {
    let mut sports = Vec::new();
    for pitch in at.pitches() {
        if !sports.contains(&pitch.sport) {
            sports.push(pitch.sport);
        }
    }
    sports
}

async fn rows(
    desk: &Desk,
    at: &At,
    visitor: &Visitor,
    pitches: &[&Pitch],
    day: LocalDay,
    moved: Option<(&str, Booking)>,
) -> Result<Vec<RowView>, Problem> {
    let words = visitor.words;
    let clock = at.world.clock_of(day);
    let found = of_day(desk, &at.world, at.venue, day).await?;
    let mut held: Vec<Booking> = found.into_iter().map(|(_, booking)| booking).collect();
    held.retain(|booking| is_there(*booking));
    let people = rows_of(desk, at, words, &held).await?;
    let mut rows: BTreeMap<u8, Vec<Option<Slot>>> = BTreeMap::new();
    for (column, pitch) in pitches.iter().enumerate() {
        for slot in desk.engine.slots(&at.world, pitch, day, at.now) {
            let row = rows.entry(slot.span.first()).or_insert_with(|| vec![None; pitches.len()]);
            if let Some(place) = row.get_mut(column).filter(|_| clock.end(slot.span) > at.now) {
                *place = Some(slot);
            }
        }
    }
    let cell = |pitch: &Pitch, slot: Slot| {
        let name = format::name(words, &pitch.name);
        let time = format::span(slot.span);
        let on_it = held.iter().zip(&people).find(|(booking, _)| {
            booking.terms.pitch == pitch.no && booking.terms.span.mask().overlaps(slot.span.mask())
        });
        let price = format::money(slot.price, at.currency());
        let args = |state: String| -> String {
            words.tell(
                "cell-told",
                &[("pitch", name.into()), ("time", time.as_str().into()), ("state", state.into())],
            )
        };
        if let Some((booking, person)) = on_it.filter(|_| !is_session(pitch)) {
            let is_moved = moved.is_some_and(|(_, moved)| moved.no == booking.no);
            let state = if is_moved { "mine" } else { "taken" };
            let text = if person.name.is_empty() { person.code.clone() } else { person.name.clone() };
            let can_move = moved.is_none() && person.stands == BookingStatus::Confirmed;
            return CellView {
                state,
                name: args(text.clone()),
                text,
                address: person.address.clone(),
                minutes: slot.span.minutes(),
                moves: can_move.then(|| Moves {
                    to: format!("{}/move", person.address),
                    minutes: booking.terms.span.minutes(),
                }),
            };
        }
        let can_be_sold = matches!(slot.status, SlotStatus::Free | SlotStatus::Unreleased);
        let text = match slot.status {
            SlotStatus::Free if is_session(pitch) => format!("{} · {}", price, slot.left),
            SlotStatus::Free | SlotStatus::Unreleased => price,
            SlotStatus::Taken | SlotStatus::Closed => String::new(),
        };
        let (state, told) = match slot.status {
            SlotStatus::Free => ("free", text.clone()),
            SlotStatus::Unreleased => ("unreleased", words.say("state-unreleased").into_owned()),
            SlotStatus::Taken => ("taken", words.say("state-taken").into_owned()),
            SlotStatus::Closed => ("closed", words.say("state-closed").into_owned()),
        };
        let address = if can_be_sold { goal(at, pitch, &clock, slot, moved) } else { String::new() };
        // What is written in the cell is said too: who speaks to the machine names what he sees.
        let name = args(told);
        let name = if name.contains(&text) { name } else { format!("{name} · {text}") };
        CellView { state, text, name, address, minutes: slot.span.minutes(), moves: None }
    };
    let shown = rows.into_iter().filter_map(|(first, slots)| {
        let is_open = |slot: &Slot| slot.status != SlotStatus::Closed;
        if !slots.iter().flatten().any(is_open) {
            return None;
        }
        let begin = slots.iter().flatten().next()?.span;
        let cells = slots.into_iter().zip(pitches);
        let cells =
            cells.map(|(slot, pitch)| slot.map_or_else(CellView::none, |slot| cell(pitch, slot))).collect();
        Some(RowView { time: clock_text(first), start: span_of_day(&clock, begin).0.to_string(), cells })
    });
    Ok(shown.collect())
}

/// Whether a booking has its place still.
const fn is_there(booking: Booking) -> bool {
    match BookingStatus::of(booking.state) {
        Some(
            BookingStatus::Held
            | BookingStatus::Confirmed
            | BookingStatus::CheckedIn
            | BookingStatus::Completed
            | BookingStatus::NoShow,
        ) => true,
        Some(BookingStatus::Cancelled | BookingStatus::Expired) | None => false,
    }
}

/// Where a free cell leads: to its sale, or to the move of the booking that is being moved.
fn goal(
    at: &At,
    pitch: &Pitch,
    clock: &crate::domain::calendar::DayClock,
    slot: Slot,
    moved: Option<(&str, Booking)>,
) -> String {
    let of_span = |span: UnitSpan, before: &str| {
        let (start, end) = span_of_day(clock, span);
        let (start, end) = (encoded(&start.to_string()), encoded(&end.to_string()));
        at.address(&format!("{before}?pitch={}&start={start}&end={end}", pitch.code))
    };
    match moved {
        None => of_span(slot.span, "/sell"),
        Some((id, booking)) => UnitSpan::new(slot.span.first(), booking.terms.span.count())
            .map_or_else(|_| String::new(), |span| of_span(span, &format!("/bookings/{}/move", encoded(id)))),
    }
}

//! `/manage` and `/manage/{venue}`: who comes today, who has come, what is free now; and who is looked for.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{Head, Here, around};
use super::people_rows::{PersonRow, rows_of_day};
use super::place::At;
use crate::api::extract::PathText;
use crate::api::manager::authority::{Own, Task, own_venues};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::api::resident::booking_view::BookingStatus;
use crate::domain::catalogue::Pitch;
use crate::engine::view::SlotStatus;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// The venue that one works for; an operator's are all.
///
/// # Errors
/// The way to the sign-in, `forbidden` for residents, or a fault of ours.
pub async fn venues(State(desk): State<Arc<Desk>>, visitor: Visitor) -> Result<Response, Turned> {
    match own_venues(visitor.signed_in()?)? {
        Own::All => Ok(see_other("/operator/venues")),
        Own::One(no) => {
            let world = Arc::clone(&desk.engine.world());
            let venue = world.catalogue.venue(no).ok_or(Problem::NotFound)?;
            Ok(see_other(&format!("/manage/{}", venue.def.code)))
        }
    }
}

#[derive(Debug, Deserialize)]
pub struct TodayQuery {
    /// Who is looked for.
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "manager/today.html")]
struct TodayPage {
    shell: Shell,
    head: Head,
    day: String,
    q: String,
    counts: Vec<(String, String)>,
    rows: Vec<PersonRow>,
    entered: Vec<PersonRow>,
    free: Vec<(String, String)>,
    gate: String,
}

/// The day.
///
/// # Errors
/// As `At::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<TodayQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    let words = visitor.words;
    let rows = rows_of_day(&desk, &at, words, at.today()).await?;
    let counted = |is_it: fn(&PersonRow) -> bool| -> (usize, u64) {
        let these = rows.iter().filter(|row| is_it(row));
        these.fold((0, 0), |(count, people), row| (count + 1, people + u64::from(row.people)))
    };
    let (due, people_due) = counted(|row| row.stands == BookingStatus::Confirmed);
    let (entered, people_entered) =
        counted(|row| matches!(row.stands, BookingStatus::CheckedIn | BookingStatus::Completed));
    let (missed, _) = counted(|row| row.stands == BookingStatus::NoShow);
    let whole_courts = free_now(&desk, &at);
    let counts = vec![
        (words.say("count-due").into_owned(), told(words, due, people_due)),
        (words.say("count-entered").into_owned(), told(words, entered, people_entered)),
        (words.say("count-missed").into_owned(), missed.to_string()),
        (words.say("count-free").into_owned(), whole_courts.len().to_string()),
    ];
    let free = whole_courts.into_iter().map(|(pitch, until)| {
        let args = [("until", until.into())];
        (format::name(words, &pitch.name).to_owned(), words.tell("free-until", &args))
    });
    let free = free.collect();
    let (shell, head) = around(&at, &visitor, Here::Today, words.say("manage-today"))?;
    let is_searching = !query.q.trim().is_empty();
    let (rows, entered) = if is_searching {
        (rows.into_iter().filter(|row| row.is_meant_by(&query.q)).collect(), Vec::new())
    } else {
        let (is_due, now) = (|row: &PersonRow| row.stands == BookingStatus::Confirmed, at.now);
        let (due, rest): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_due);
        let is_in = |row: &PersonRow| row.stands == BookingStatus::CheckedIn && row.end > now;
        (due, rest.into_iter().filter(is_in).collect())
    };
    let page = TodayPage {
        shell,
        head,
        day: format::day(words, at.today()),
        q: query.q,
        counts,
        rows,
        entered,
        free,
        gate: at.address("/gate"),
    };
    page::own(StatusCode::OK, &page)
}

fn told(words: Words, bookings: usize, people: u64) -> String {
    let people = i64::try_from(people).unwrap_or(i64::MAX);
    words.tell("count-people", &[("count", bookings.into()), ("people", people.into())])
}

/// The whole pitches on which nobody plays now, each with when that ends.
fn free_now<'a>(desk: &Desk, at: &'a At) -> Vec<(&'a Pitch, String)> {
    let day = at.today();
    let clock = at.world.clock_of(day);
    let mut free = Vec::new();
    for pitch in at.pitches().into_iter().filter(|pitch| pitch.whole == pitch.no) {
        // A slot that has begun can't be booked any more, whoever asks; what stands in it is asked for as of its beginning.
        let day_began = clock.start_of(0);
        let slots = desk.engine.slots(&at.world, pitch, day, day_began);
        let mut rest = slots.into_iter().skip_while(|slot| clock.end(slot.span) <= at.now);
        let is_open = |status| matches!(status, SlotStatus::Free | SlotStatus::Unreleased);
        let Some(current) = rest.next() else { continue };
        if clock.start(current.span) > at.now || !is_open(current.status) {
            continue;
        }
        let last = rest.take_while(|slot| is_open(slot.status)).last().unwrap_or(current);
        free.push((pitch, format::time(at.world.catalogue.zone(), clock.end(last.span))));
    }
    free
}

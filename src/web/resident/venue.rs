//! `/venues/{venue}`: what a venue is, and its day in one sport, live.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::grid_day::{CellState, GridDay, is_session};
use super::links;
use super::opening::opening_told;
use crate::api::extract::PathText;
use crate::api::open_data::OpenData;
use crate::api::open_data::near::degrees;
use crate::api::open_data::slots::check_day;
use crate::api::open_data::venue_view::clock_text;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::written_time::WrittenDay;
use crate::domain::calendar::local_day;
use crate::domain::catalogue::{Pitch, Venue};
use crate::domain::ids::SportNo;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::world::World;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

#[derive(Debug, Deserialize)]
pub struct VenueQuery {
    sport: Option<String>,
    date: Option<WrittenDay>,
    #[serde(default)]
    view: View,
}

/// Which form of the day is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// What fits the screen: times on a phone, the table where there is room.
    #[default]
    Fitting,
    Times,
    All,
}

impl View {
    const fn name(self) -> &'static str {
        match self {
            Self::Fitting => "fitting",
            Self::Times => "times",
            Self::All => "all",
        }
    }
}

#[derive(Template)]
#[template(path = "resident/venue.html")]
pub struct VenuePage {
    pub shell: Shell,
    address: String,
    district: String,
    map: String,
    sports: Vec<ChipLink>,
    days: Vec<DayLink>,
    grid: GridView,
    rules: Vec<String>,
}

/// A choice that is a link.
pub struct ChipLink {
    pub text: String,
    pub address: String,
    pub is_current: bool,
}

/// A day to choose.
pub struct DayLink {
    pub weekday: String,
    pub day: String,
    pub address: String,
    pub is_current: bool,
}

/// The day as it is written.
pub struct GridView {
    words: Words,
    view: &'static str,
    caption: String,
    live: String,
    pitches: String,
    symbol: String,
    unit: i64,
    columns: Vec<ColumnView>,
    rows: Vec<RowView>,
    jumps: Vec<Jump>,
    times_address: String,
    all_address: String,
    free_name: String,
    taken_name: String,
    told_free: String,
    told_places: String,
    empty: Option<String>,
    next_free: Option<(String, String)>,
    is_session: bool,
}

struct ColumnView {
    code: String,
    name: String,
    short: String,
}

struct Jump {
    text: String,
    to: String,
}

struct RowView {
    time: String,
    start: String,
    free: String,
    price: String,
    state: &'static str,
    address: Option<String>,
    cells: Vec<CellView>,
}

struct CellView {
    state: &'static str,
    text: String,
    address: String,
    name: String,
}

/// The page.
///
/// # Errors
/// `not-found`, `invalid-request`, or a fault of ours.
pub async fn show(
    State(open_data): State<OpenData>,
    visitor: Visitor,
    QueryOf(query): QueryOf<VenueQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Turned> {
    let world = Arc::clone(&open_data.engine.world());
    let venue = world.catalogue.venue_by_code(&code).ok_or(Problem::NotFound)?;
    let sports = sports_of(&open_data, &world, venue);
    let sport = match &query.sport {
        Some(code) => world.catalogue.sport_by_code(code).filter(|sport| sports.contains(sport)),
        None => sports.first().copied(),
    };
    let sport = sport.ok_or(Problem::NotFound)?;
    let now = open_data.clock.now();
    let today = local_day(world.catalogue.zone(), now);
    let day = query.date.map_or(today, |date| date.0);
    check_day(&world, "date", day, today)?;
    let page = page_of(&open_data, &visitor, &world, venue, (sport, &sports), day, query.view, now);
    page::public(&visitor, &headers, &page)
}

/// The page of a venue's day: all that is decided by now and nothing that is asked for.
#[expect(clippy::too_many_arguments, reason = "what a day of a venue depends on")]
#[must_use]
pub fn page_of(
    open_data: &OpenData,
    visitor: &Visitor,
    world: &World,
    venue: &Venue,
    (sport, sports): (SportNo, &[SportNo]),
    day: LocalDay,
    view: View,
    now: UtcMillis,
) -> VenuePage {
    let words = visitor.words;
    let catalogue = &world.catalogue;
    let venue_code = venue.def.code.as_str();
    let sport_code = |no: SportNo| catalogue.sport(no).map_or("", |sport| sport.code.as_str());
    let grid = GridDay::of(&open_data.engine, world, venue, sport, day, visitor.resident_if_any(), now);
    let chips = sports.iter().filter_map(|no| catalogue.sport(*no).map(|sport| (*no, sport)));
    let others = chips.clone().filter(|(no, _)| *no != sport);
    let (latitude, longitude) = degrees(venue.def.location);
    VenuePage {
        shell: Shell::of(visitor, format::name(words, &venue.def.name), Place::Find)
            .with_modules(&["live.js", "sheet.js"]),
        address: format::name(words, &venue.def.address).to_owned(),
        district: catalogue
            .district(venue.def.district)
            .map_or_else(String::new, |district| format::name(words, &district.name).to_owned()),
        map: format!("geo:{latitude:.6},{longitude:.6}"),
        sports: chips
            // The one that is looked at stands where it is seen.
            .filter(|(no, _)| *no == sport)
            .chain(others)
            .map(|(no, def)| ChipLink {
                text: format::name(words, &def.name).to_owned(),
                address: links::venue_day(venue_code, def.code.as_str(), day),
                is_current: no == sport,
            })
            .collect(),
        days: day_links(words, world, day, |day| links::venue_day(venue_code, sport_code(sport), day)),
        rules: rules_of(words, &grid.columns),
        grid: grid_view(open_data, words, world, venue, sport_code(sport), day, view, &grid),
    }
}

/// The sports of a venue, in the city's order.
#[must_use]
pub fn sports_of(open_data: &OpenData, world: &World, venue: &Venue) -> Vec<SportNo> {
    let listing = open_data.directory.of(&world.catalogue);
    listing.entry(venue).map(|entry| entry.sports.clone()).unwrap_or_default()
}

/// The days that can be booked, as links.
pub fn day_links(
    words: Words,
    world: &World,
    current: LocalDay,
    address: impl Fn(LocalDay) -> String,
) -> Vec<DayLink> {
    let link = |day: LocalDay| DayLink {
        weekday: format::weekday(words, day),
        day: format::day_of_month(day),
        address: address(day),
        is_current: day == current,
    };
    world.days.iter().map(|clock| link(clock.day)).collect()
}

#[expect(clippy::too_many_arguments, reason = "what a day of a venue depends on")]
fn grid_view(
    open_data: &OpenData,
    words: Words,
    world: &World,
    venue: &Venue,
    sport: &str,
    day: LocalDay,
    view: View,
    grid: &GridDay<'_>,
) -> GridView {
    let catalogue = &world.catalogue;
    let currency = catalogue.city().currency;
    let venue_code = venue.def.code.as_str();
    let phrases = Phrases::of(words);
    let of_sessions = grid.columns.iter().any(|pitch| is_session(pitch));
    let opens = |pitch: &Pitch| opening_told(world, pitch, day);
    let names: Vec<&str> = grid.columns.iter().map(|pitch| format::name(words, &pitch.name)).collect();
    let openings: Vec<_> = grid.columns.iter().map(|pitch| opens(pitch)).collect();
    let rows = grid.rows.iter().enumerate().map(|(at, row)| {
        let tally = grid.tally(at);
        let time = clock_text(row.first);
        let offered = tally
            .offered
            .and_then(|column| Some((*grid.columns.get(column)?, row.cells.get(column)?.as_ref()?)));
        let cells = row.cells.iter().zip(&grid.columns).zip(names.iter().zip(&openings));
        RowView {
            start: row.start.to_string(),
            state: if offered.is_some() {
                "free"
            } else if tally.is_unreleased {
                "unreleased"
            } else {
                "taken"
            },
            free: if offered.is_some() {
                let key = [("left", i64::from(tally.left).into()), ("all", i64::from(tally.all).into())];
                if of_sessions { words.tell("places-of", &key) } else { words.tell("free-of", &key) }
            } else if tally.is_unreleased {
                openings.first().and_then(Option::as_ref).map_or_else(
                    || words.say("state-unreleased").into_owned(),
                    |at| {
                        words.tell(
                            "opens-at",
                            &[("moment", format::moment(words, catalogue.zone(), *at).into())],
                        )
                    },
                )
            } else {
                words.say("state-taken").into_owned()
            },
            price: tally.lowest.map_or_else(String::new, |price| format::money(price, currency)),
            address: offered
                .map(|(pitch, cell)| links::book(pitch.code.as_str(), &grid.clock, cell.slot.span)),
            cells: cells
                .map(|((cell, pitch), (name, opens))| {
                    let Some(cell) = cell else { return CellView::none() };
                    let end = clock_text(cell.slot.span.end());
                    let price = format::money(cell.slot.price, currency);
                    let values = [*name, time.as_str(), end.as_str(), price.as_str()];
                    let address = match cell.state {
                        CellState::Free => links::book(pitch.code.as_str(), &grid.clock, cell.slot.span),
                        CellState::Mine(no) | CellState::Held(no) => {
                            format!("/bookings/{}", open_data.ids.booking(no).as_str())
                        }
                        CellState::Taken | CellState::Closed | CellState::Unreleased => String::new(),
                    };
                    CellView {
                        state: cell.state.name(),
                        text: match cell.state {
                            CellState::Free if of_sessions => cell.slot.left.to_string(),
                            CellState::Free => price.clone(),
                            CellState::Unreleased => {
                                opens.map_or_else(String::new, |at| format::time(catalogue.zone(), at))
                            }
                            CellState::Taken
                            | CellState::Closed
                            | CellState::Mine(_)
                            | CellState::Held(_) => String::new(),
                        },
                        address,
                        name: phrases.name(cell.state, values),
                    }
                })
                .collect(),
            time,
        }
    });
    let here = links::venue_day(venue_code, sport, day);
    let rows: Vec<RowView> = rows.collect();
    let empty = rows.is_empty().then(|| words.say("grid-empty").into_owned());
    let next_free = empty.as_ref().and_then(|_| {
        let next = world.days.iter().map(|clock| clock.day).find(|other| *other > day)?;
        Some((format::day(words, next), links::venue_day(venue_code, sport, next)))
    });
    let columns: Vec<ColumnView> = grid
        .columns
        .iter()
        .zip(&names)
        .map(|(pitch, name)| ColumnView {
            code: pitch.code.as_str().to_owned(),
            name: (*name).to_owned(),
            short: short_name(name),
        })
        .collect();
    let day_told = format::day(words, day);
    GridView {
        words,
        view: view.name(),
        caption: words.tell(
            "grid-caption",
            &[("venue", format::name(words, &venue.def.name).into()), ("day", day_told.into())],
        ),
        live: format!("/v1/venues/{venue_code}/events?date={day}"),
        pitches: columns.iter().map(|column| column.code.as_str()).collect::<Vec<_>>().join(" "),
        symbol: format::symbol(currency),
        unit: format::unit(currency),
        jumps: jumps(&columns),
        columns,
        rows,
        times_address: format!("{here}&view=times"),
        all_address: format!("{here}&view=all"),
        free_name: phrases.free.with(["{0}", "{1}", "{2}", "{3}"]).to_string(),
        taken_name: phrases.taken.with(["{0}", "{1}", "{2}"]).to_string(),
        told_free: words.phrase("free-of", &["left", "all"]).with(["{0}", "{1}"]).to_string(),
        told_places: words.phrase("places-of", &["left", "all"]).with(["{0}", "{1}"]).to_string(),
        empty,
        next_free,
        is_session: of_sessions,
    }
}

/// The names of cells, told hundreds of times.
struct Phrases {
    free: crate::web::i18n::Phrase,
    taken: crate::web::i18n::Phrase,
    closed: crate::web::i18n::Phrase,
    unreleased: crate::web::i18n::Phrase,
    mine: crate::web::i18n::Phrase,
    held: crate::web::i18n::Phrase,
}

impl Phrases {
    fn of(words: Words) -> Self {
        let of_slot = ["pitch", "from", "to"];
        Self {
            free: words.phrase("cell-free", &["pitch", "from", "to", "price"]),
            taken: words.phrase("cell-taken", &of_slot),
            closed: words.phrase("cell-closed", &of_slot),
            unreleased: words.phrase("cell-unreleased", &of_slot),
            mine: words.phrase("cell-mine", &of_slot),
            held: words.phrase("cell-held", &of_slot),
        }
    }

    fn name(&self, state: CellState, [pitch, from, to, price]: [&str; 4]) -> String {
        let of_slot = [pitch, from, to];
        match state {
            CellState::Free => self.free.with([pitch, from, to, price]).to_string(),
            CellState::Taken => self.taken.with(of_slot).to_string(),
            CellState::Closed => self.closed.with(of_slot).to_string(),
            CellState::Unreleased => self.unreleased.with(of_slot).to_string(),
            CellState::Mine(_) => self.mine.with(of_slot).to_string(),
            CellState::Held(_) => self.held.with(of_slot).to_string(),
        }
    }
}

impl CellView {
    const fn none() -> Self {
        Self { state: "none", text: String::new(), address: String::new(), name: String::new() }
    }
}

/// How many columns one jump leads past.
const COLUMNS_PER_JUMP: usize = 4;

/// Links to every fourth column, where there are more than fit a phone.
fn jumps(columns: &[ColumnView]) -> Vec<Jump> {
    if columns.len() <= COLUMNS_PER_JUMP {
        return Vec::new();
    }
    let jump = |group: &[ColumnView]| {
        let (first, last) = (group.first()?, group.last()?);
        let text =
            if group.len() == 1 { first.short.clone() } else { format!("{}–{}", first.short, last.short) };
        Some(Jump { text, to: format!("#p-{}", first.code) })
    };
    columns.chunks(COLUMNS_PER_JUMP).filter_map(jump).collect()
}

/// A pitch's number, where its name has one, after that of what it is a part of: what fits over a narrow column.
fn short_name(name: &str) -> String {
    let numbers = name.split(|sign: char| !sign.is_ascii_digit()).filter(|number| !number.is_empty());
    let number = numbers.collect::<Vec<_>>().join("-");
    let letter = name.chars().last().filter(char::is_ascii_uppercase);
    if number.is_empty() {
        return name.chars().take(4).collect();
    }
    number + &letter.map_or_else(String::new, |letter| letter.to_string())
}

/// The rules of cancelling of these pitches, each once.
fn rules_of(words: Words, pitches: &[&Pitch]) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for pitch in pitches {
        for step in pitch.cancel.steps() {
            let before = format::minutes(words, step.minutes_before);
            let args = [("before", before.into()), ("percent", i64::from(step.percent).into())];
            let told = words.tell("refund-step", &args);
            if !rules.contains(&told) {
                rules.push(told);
            }
        }
    }
    if rules.is_empty() {
        rules.push(words.say("refund-never").into_owned());
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_column_has_its_pitchs_number() {
        for (name, short) in [
            ("Pitch 7", "7"),
            ("7号场", "7"),
            ("Court 12 B", "12B"),
            ("Hall 1, Court 2", "1-2"),
            ("Main hall", "Main"),
            ("泳池", "泳池"),
        ] {
            assert_eq!(short_name(name), short);
        }
    }
}

//! A venue's day as its template writes it: every text in its language, every cell with its name and its address.
//!
//! Hundreds of cells have a name each, which is told by phrases (`i18n`) and costs no more than writing it.

use super::grid_day::{Cell, CellState, GridDay, is_session};
use super::links;
use super::opening::opening_told;
use super::venue::View;
use crate::api::open_data::OpenData;
use crate::api::open_data::venue_view::clock_text;
use crate::domain::catalogue::{Pitch, Venue};
use crate::domain::time::LocalDay;
use crate::engine::world::World;
use crate::web::format;
use crate::web::i18n::{Phrase, Words};

/// The day as it is written.
pub struct GridView {
    pub words: Words,
    pub view: &'static str,
    pub caption: String,
    pub live: String,
    pub pitches: String,
    pub symbol: String,
    pub unit: i64,
    pub columns: Vec<ColumnView>,
    pub rows: Vec<RowView>,
    pub jumps: Vec<Jump>,
    pub times_address: String,
    pub all_address: String,
    pub free_name: String,
    pub taken_name: String,
    pub told_free: String,
    pub told_places: String,
    pub empty: Option<String>,
    pub next_free: Option<(String, String)>,
    pub is_session: bool,
}

/// A pitch over its column.
pub struct ColumnView {
    pub code: String,
    pub name: String,
    pub short: String,
}

pub struct Jump {
    pub text: String,
    pub to: String,
}

pub struct RowView {
    pub time: String,
    pub start: String,
    pub free: String,
    pub price: String,
    pub state: &'static str,
    pub address: Option<String>,
    pub cells: Vec<CellView>,
}

pub struct CellView {
    pub state: &'static str,
    pub text: String,
    pub address: String,
    pub name: String,
}

/// The day of a venue in a sport, as it is written.
#[expect(clippy::too_many_arguments, reason = "what a day of a venue depends on")]
#[must_use]
pub fn grid_view(
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
                        name: phrases.name(cell, of_sessions, values),
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
        free_name: if of_sessions {
            phrases.places.with(["{0}", "{1}", "{2}", "{3}", "{4}"]).to_string()
        } else {
            phrases.free.with(["{0}", "{1}", "{2}", "{3}"]).to_string()
        },
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
    free: Phrase,
    taken: Phrase,
    closed: Phrase,
    unreleased: Phrase,
    mine: Phrase,
    held: Phrase,
    places: Phrase,
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
            places: words.phrase("cell-places", &["pitch", "from", "to", "price", "left"]),
        }
    }

    fn name(&self, cell: &Cell, is_session: bool, [pitch, from, to, price]: [&str; 4]) -> String {
        let of_slot = [pitch, from, to];
        match cell.state {
            CellState::Free if is_session => {
                self.places.with([pitch, from, to, price, &cell.slot.left.to_string()]).to_string()
            }
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

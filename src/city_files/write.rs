//! A catalogue as files, in the order of its numbers: each file has a line of columns, and all of them are written.
//!
//! In UTF-8 with a mark before it and lines that end as on Windows, which every spreadsheet opens rightly. What the files don't have
//! is what a catalogue remembers of its past: when releases were declared, which closures have been dealt with, the places that a
//! session once had.

use super::closures::id_of;
use super::files::{DAY_COLUMNS, File, Named, Sources};
use super::harmless::harmless;
use super::write_cells as cell;
use crate::domain::catalogue::{Catalogue, Pitch, PitchKind};
use crate::domain::hours::{DAY_KINDS, DayKind};
use crate::domain::ids::{SportNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::policy::QuotaScope;
use crate::domain::release::ReleaseWhen;
use crate::domain::units::UNITS_PER_DAY;

const UTF_8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Why a file could not be written: never in memory.
pub type NotWritten = csv::Error;

/// All files of a catalogue.
///
/// # Errors
/// `NotWritten` when the writer of lines fails.
pub fn write(catalogue: &Catalogue) -> Result<Sources, NotWritten> {
    let mut sources = Vec::new();
    for file in File::ALL {
        let mut lines = Lines::begin(file)?;
        match file {
            File::City => city(catalogue, &mut lines)?,
            File::Quotas => quotas(catalogue, &mut lines)?,
            File::Districts => {
                for district in catalogue.districts() {
                    lines.line([
                        Cell::text(district.code.as_str()),
                        Cell::text(&district.name.zh_hans),
                        Cell::text(&district.name.en),
                    ])?;
                }
            }
            File::Sports => {
                for sport in catalogue.sports() {
                    let name = &sport.name;
                    let id = sport.code.as_str();
                    lines.line([Cell::text(id), Cell::text(&name.zh_hans), Cell::text(&name.en)])?;
                }
            }
            File::Venues => venues(catalogue, &mut lines)?,
            File::Pitches => pitches(catalogue, &mut lines)?,
            File::Hours => hours(catalogue, &mut lines)?,
            File::Prices => prices(catalogue, &mut lines)?,
            File::Holidays => holidays(catalogue, &mut lines)?,
            File::Closures => closures(catalogue, &mut lines)?,
            File::Releases => releases(catalogue, &mut lines)?,
        }
        sources.push(Named { file, bytes: lines.end()? });
    }
    Ok(Sources(sources))
}

/// A cell: a text, which is made harmless, or a number or a time, which is none to any spreadsheet.
struct Cell(String);

impl Cell {
    fn text(text: impl AsRef<str>) -> Self {
        Self(harmless(text.as_ref()).into_owned())
    }

    fn plain(text: impl ToString) -> Self {
        Self(text.to_string())
    }

    fn optional(value: Option<impl ToString>) -> Self {
        Self(value.map_or_else(String::new, |value| value.to_string()))
    }
}

struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    fn begin(file: File) -> Result<Self, NotWritten> {
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(UTF_8_MARK.to_vec());
        writer.write_record(file.columns().iter().map(|(name, _)| name))?;
        Ok(Self(writer))
    }

    fn line(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<(), NotWritten> {
        self.0.write_record(cells.into_iter().map(|cell| cell.0))
    }

    fn end(self) -> Result<Vec<u8>, NotWritten> {
        self.0.into_inner().map_err(|error| error.into_error().into())
    }
}

fn venue_id(catalogue: &Catalogue, no: VenueNo) -> Cell {
    Cell::text(catalogue.venue(no).map_or("", |venue| venue.def.code.as_str()))
}

fn sport_id(catalogue: &Catalogue, no: SportNo) -> Cell {
    Cell::text(catalogue.sport(no).map_or("", |sport| sport.code.as_str()))
}

fn city(catalogue: &Catalogue, lines: &mut Lines) -> Result<(), NotWritten> {
    let city = catalogue.city();
    lines.line([
        Cell::text(&city.name.zh_hans),
        Cell::text(&city.name.en),
        Cell::text(&city.timezone),
        Cell::plain(city.currency),
        Cell::plain(city.days_ahead),
        Cell::plain(city.hold_minutes),
    ])
}

fn quotas(catalogue: &Catalogue, lines: &mut Lines) -> Result<(), NotWritten> {
    let blank = || Cell::plain("");
    for rule in &catalogue.city().quotas {
        let (venue, sport) = match rule.scope {
            QuotaScope::City | QuotaScope::EachVenue | QuotaScope::EachSport => (blank(), blank()),
            QuotaScope::Venue(no) => (venue_id(catalogue, no), blank()),
            QuotaScope::Sport(no) => (blank(), sport_id(catalogue, no)),
        };
        lines.line([
            Cell::text(rule.name.as_str()),
            Cell::plain(cell::scope(rule.scope)),
            venue,
            sport,
            Cell::plain(cell::measure(rule.measure)),
            Cell::plain(cell::window(rule.window)),
            Cell::plain(rule.limit),
        ])?;
    }
    Ok(())
}

fn venues(catalogue: &Catalogue, lines: &mut Lines) -> Result<(), NotWritten> {
    for venue in catalogue.venues() {
        let def = &venue.def;
        let district = catalogue.district(def.district).map_or("", |district| district.code.as_str());
        lines.line([
            Cell::text(def.code.as_str()),
            Cell::text(&def.name.zh_hans),
            Cell::text(&def.name.en),
            Cell::text(district),
            Cell::text(&def.address.zh_hans),
            Cell::text(&def.address.en),
            Cell::plain(cell::degrees(def.location.latitude_e6)),
            Cell::plain(cell::degrees(def.location.longitude_e6)),
            Cell::plain(cell::admission(venue.admission)),
        ])?;
    }
    Ok(())
}

fn pitches(catalogue: &Catalogue, lines: &mut Lines) -> Result<(), NotWritten> {
    for pitch in catalogue.pitches() {
        let leaves = pitch.leaves.end - pitch.leaves.start;
        let whole = catalogue.pitch(pitch.whole).filter(|whole| whole.no != pitch.no);
        let (kind, leaves, capacity) = match pitch.kind {
            PitchKind::Exclusive => ("exclusive", None, None),
            PitchKind::Divisible => ("divisible", Some(leaves), None),
            PitchKind::Part => ("part", Some(leaves), None),
            PitchKind::Session { capacity, .. } => ("session", None, Some(capacity)),
        };
        let releases = pitch.releases.iter().filter_map(|no| catalogue.release(*no));
        let releases: Vec<&str> = releases.map(|release| release.def.code.as_str()).collect();
        lines.line([
            Cell::text(pitch.code.as_str()),
            venue_id(catalogue, pitch.venue),
            Cell::text(&pitch.name.zh_hans),
            Cell::text(&pitch.name.en),
            sport_id(catalogue, pitch.sport),
            Cell::plain(kind),
            Cell::text(whole.map_or("", |whole| whole.code.as_str())),
            Cell::optional(whole.map(|whole| pitch.leaves.start - whole.leaves.start)),
            Cell::optional(leaves),
            Cell::optional(capacity),
            Cell::plain(u16::from(pitch.grid.slot_units()) * crate::domain::units::UNIT_MINUTES),
            Cell::plain(cell::half_hour(pitch.grid.anchor())),
            Cell::plain(pitch.max_slots),
            Cell::plain(pitch.party_max),
            Cell::text(cell::cancellation(&pitch.cancel)),
            Cell::plain(if whole.is_some() { "" } else { cell::offered(pitch.offered) }),
            Cell::text(if whole.is_some() { String::new() } else { releases.join(" ") }),
        ])?;
    }
    Ok(())
}

fn hours(catalogue: &Catalogue, lines: &mut Lines) -> Result<(), NotWritten> {
    for whole in catalogue.wholes() {
        let of_pitch = [venue_id(catalogue, whole.venue), Cell::text(whole.code.as_str())];
        let week = DayKind::ALL.into_iter().map(|kind| Cell::plain(cell::times(whole.hours.on(kind))));
        lines.line(of_pitch.into_iter().chain(week))?;
    }
    Ok(())
}

/// What a slot costs that begins with this half hour, by kind of day; nothing where it costs nothing and nobody can begin.
fn prices_at(pitch: &Pitch, unit: u8) -> [Option<Minor>; DAY_KINDS] {
    DayKind::ALL.map(|kind| {
        let price = pitch.tariff.slot_price(kind, unit);
        let is_open = pitch.hours.on(kind).bits() >> unit & 1 == 1;
        (is_open || price != Minor::ZERO).then_some(price)
    })
}

/// Lines of equal prices, one after the other. A pitch without any has one that is blank, or it would have those of its whole.
fn prices(catalogue: &Catalogue, lines: &mut Lines) -> Result<(), NotWritten> {
    let currency = catalogue.city().currency;
    for pitch in catalogue.pitches() {
        let mut line = |from: u8, to: u8, prices: [Option<Minor>; DAY_KINDS]| {
            let times = [
                venue_id(catalogue, pitch.venue),
                Cell::text(pitch.code.as_str()),
                Cell::plain(cell::half_hour(from)),
                Cell::plain(cell::half_hour(to)),
            ];
            let week = prices.map(|price| Cell::optional(price.map(|price| cell::price(price, currency))));
            lines.line(times.into_iter().chain(week))
        };
        let none = [None; DAY_KINDS];
        let mut from = 0;
        while from < UNITS_PER_DAY {
            let prices = prices_at(pitch, from);
            let to = (from + 1..UNITS_PER_DAY).find(|unit| prices_at(pitch, *unit) != prices);
            let to = to.unwrap_or(UNITS_PER_DAY);
            if prices != none || (from, to) == (0, UNITS_PER_DAY) {
                line(from, to, prices)?;
            }
            from = to;
        }
    }
    Ok(())
}

fn holidays(catalogue: &Catalogue, lines: &mut Lines) -> Result<(), NotWritten> {
    for special in catalogue.special_days() {
        let kind = Cell::plain(cell::day_kind(special.goes_by));
        lines.line([Cell::plain(special.day), Cell::plain(""), kind])?;
    }
    for venue in catalogue.venues() {
        for special in venue.special_days() {
            let kind = Cell::plain(cell::day_kind(special.goes_by));
            lines.line([Cell::plain(special.day), Cell::text(venue.def.code.as_str()), kind])?;
        }
    }
    Ok(())
}

fn closures(catalogue: &Catalogue, lines: &mut Lines) -> Result<(), NotWritten> {
    for (number, closure) in catalogue.closures().iter().enumerate() {
        let def = &closure.def;
        let pitches = def.pitches.iter().filter_map(|no| catalogue.pitch(*no));
        let pitches: Vec<&str> = pitches.map(|pitch| pitch.code.as_str()).collect();
        lines.line([
            Cell::text(id_of(number, closure)),
            Cell::text(pitches.join(" ")),
            Cell::plain(def.first_day),
            Cell::plain(def.last_day),
            Cell::plain(cell::times(def.units)),
            Cell::plain(cell::inside(def.bookings)),
            Cell::text(&def.reason),
        ])?;
    }
    Ok(())
}

fn releases(catalogue: &Catalogue, lines: &mut Lines) -> Result<(), NotWritten> {
    for release in catalogue.releases() {
        let def = &release.def;
        let (days_before, opens_at) = match def.when {
            ReleaseWhen::Daily { days_before, minute } => (Some(days_before), cell::minute(minute)),
            ReleaseWhen::Once { at } => (None, cell::moment(catalogue.zone(), at)),
        };
        lines.line([
            Cell::text(def.code.as_str()),
            Cell::text(&def.name.zh_hans),
            Cell::text(&def.name.en),
            def.venue.map_or_else(|| Cell::plain(""), |venue| venue_id(catalogue, venue)),
            Cell::plain(def.first_day),
            Cell::optional(def.last_day),
            Cell::optional(days_before),
            Cell::plain(opens_at),
            Cell::plain(cell::mode(def.mode)),
            Cell::optional(def.limit_per_resident),
            Cell::plain(def.counter_share_percent),
        ])?;
    }
    Ok(())
}

const _: () = assert!(DAY_COLUMNS.len() == DAY_KINDS);

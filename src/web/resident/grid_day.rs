//! A day of a venue in one sport, as a table: times down, pitches across, and for each time how much of it is free.
//!
//! Rows are the times at which a slot of any of the pitches begins. What is over, and a time at which all pitches are closed, has
//! no row. A cell is a link only where it can be acted on.

use std::collections::BTreeMap;

use crate::api::answer::{Rfc3339, span_of_day};
use crate::api::open_data::venue_view::clock_text;
use crate::domain::calendar::DayClock;
use crate::domain::catalogue::{Pitch, PitchKind, Venue};
use crate::domain::change::Offered;
use crate::domain::ids::{BookingNo, PitchNo, ResidentNo, SportNo};
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;
use crate::engine::Engine;
use crate::engine::bookings::BookingState;
use crate::engine::view::{Slot, SlotStatus};
use crate::engine::world::World;

/// How a slot stands for who looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellState {
    Free,
    Taken,
    Closed,
    Unreleased,
    /// Booked by who looks.
    Mine(BookingNo),
    /// Held by who looks.
    Held(BookingNo),
}

impl CellState {
    /// As styles and modules know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Taken => "taken",
            Self::Closed => "closed",
            Self::Unreleased => "unreleased",
            Self::Mine(_) => "mine",
            Self::Held(_) => "held",
        }
    }
}

/// A slot of a pitch.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    pub state: CellState,
    pub slot: Slot,
}

/// All slots that begin at one time.
#[derive(Debug)]
pub struct Row {
    pub first: u8,
    pub start: Rfc3339,
    /// One for each column; nothing where a pitch has no slot that begins then.
    pub cells: Vec<Option<Cell>>,
}

/// How much of a row is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub left: u32,
    pub all: u32,
    pub lowest: Option<Minor>,
    /// The column whose slot is offered first.
    pub offered: Option<usize>,
    /// When the row opens, when nothing of it is open yet.
    pub is_unreleased: bool,
}

/// The table.
pub struct GridDay<'a> {
    pub columns: Vec<&'a Pitch>,
    pub rows: Vec<Row>,
    pub clock: DayClock,
}

impl<'a> GridDay<'a> {
    /// The day as it stands, for somebody or for everybody.
    #[must_use]
    pub fn of(
        engine: &Engine,
        world: &'a World,
        venue: &Venue,
        sport: SportNo,
        day: LocalDay,
        who: Option<ResidentNo>,
        now: UtcMillis,
    ) -> Self {
        let mut columns = columns(world, venue, sport);
        columns.retain(|pitch| pitch.offered == Offered::Yes);
        let clock = world.clock_of(day).into_owned();
        let own = own_slots(engine, &columns, day, who);
        let mut rows: BTreeMap<u8, Row> = BTreeMap::new();
        for (at, pitch) in columns.iter().enumerate() {
            for slot in engine.slots(world, pitch, day, now) {
                if clock.start(slot.span) <= now {
                    continue;
                }
                let first = slot.span.first();
                let row = rows.entry(first).or_insert_with(|| Row {
                    first,
                    start: span_of_day(&clock, slot.span).0,
                    cells: vec![None; columns.len()],
                });
                let mine = own.iter().find(|own| own.pitch == pitch.no && own.covers(slot.span));
                let state = mine.map_or_else(|| state_of(slot.status), |own| own.state);
                if let Some(place) = row.cells.get_mut(at) {
                    *place = Some(Cell { state, slot });
                }
            }
        }
        let is_open = |row: &Row| row.cells.iter().flatten().any(|cell| cell.state != CellState::Closed);
        let rows = rows.into_values().filter(is_open).collect();
        Self { columns, rows, clock }
    }

    /// How much of a row is free, and which pitch is offered first: one whose booking leaves no single slot behind that nobody
    /// wants, then the first.
    #[must_use]
    pub fn tally(&self, row: usize) -> Tally {
        let mut tally = Tally { left: 0, all: 0, lowest: None, offered: None, is_unreleased: true };
        let mut fewest_left_behind = u8::MAX;
        let Some(cells) = self.rows.get(row).map(|row| &row.cells) else { return tally };
        for (at, cell) in cells.iter().enumerate() {
            let Some(cell) = cell else { continue };
            if cell.state != CellState::Closed {
                tally.all += u32::from(cell.slot.capacity);
            }
            if matches!(cell.state, CellState::Free | CellState::Taken) {
                tally.is_unreleased = false;
            }
            if cell.state != CellState::Free {
                continue;
            }
            tally.left += u32::from(cell.slot.left);
            tally.lowest = Some(tally.lowest.map_or(cell.slot.price, |lowest| lowest.min(cell.slot.price)));
            let left_behind = self.left_behind(row, at);
            if left_behind < fewest_left_behind {
                fewest_left_behind = left_behind;
                tally.offered = Some(at);
            }
        }
        tally
    }

    /// How many slots by themselves a booking of this one would leave before and after it.
    fn left_behind(&self, row: usize, column: usize) -> u8 {
        let is_free = |row: Option<usize>| {
            let cell = row.and_then(|row| self.rows.get(row)?.cells.get(column).copied().flatten());
            cell.is_some_and(|cell| cell.state == CellState::Free)
        };
        let before = is_free(row.checked_sub(1)) && !is_free(row.checked_sub(2));
        let after = is_free(Some(row + 1)) && !is_free(Some(row + 2));
        u8::from(before) + u8::from(after)
    }

    /// The end of a row's slot in a column, as `HH:MM`.
    #[must_use]
    pub fn end_text(slot: Slot) -> String {
        clock_text(slot.span.end())
    }
}

/// What of a sport can be booked at a venue: wholes, and parts of what is sold in parts.
#[must_use]
pub fn columns<'a>(world: &'a World, venue: &Venue, sport: SportNo) -> Vec<&'a Pitch> {
    let catalogue = &world.catalogue;
    let mut columns = Vec::new();
    for whole in venue.pitches.iter().filter_map(|no| catalogue.pitch(*no)) {
        let parts = catalogue.pitches().get(whole.parts.start as usize..whole.parts.end as usize);
        let parts = parts.unwrap_or_default().iter().map(AsRef::as_ref);
        columns.extend(std::iter::once(whole).chain(parts).filter(|pitch| pitch.sport == sport));
    }
    columns
}

/// Whether places are sold instead of pitches.
#[must_use]
pub const fn is_session(pitch: &Pitch) -> bool {
    matches!(pitch.kind, PitchKind::Session { .. })
}

const fn state_of(status: SlotStatus) -> CellState {
    match status {
        SlotStatus::Free => CellState::Free,
        SlotStatus::Taken => CellState::Taken,
        SlotStatus::Closed => CellState::Closed,
        SlotStatus::Unreleased => CellState::Unreleased,
    }
}

/// What who looks has on that day.
struct OwnSlot {
    pitch: PitchNo,
    span: UnitSpan,
    state: CellState,
}

impl OwnSlot {
    const fn covers(&self, slot: UnitSpan) -> bool {
        self.span.first() <= slot.first() && slot.end() <= self.span.end()
    }
}

/// Sessions are left out: one may take more places.
fn own_slots(engine: &Engine, columns: &[&Pitch], day: LocalDay, who: Option<ResidentNo>) -> Vec<OwnSlot> {
    let Some(account) = who.and_then(|who| engine.residents().get(who)) else { return Vec::new() };
    let bookings = engine.bookings().of_resident(&account.newest_booking);
    let on_day = bookings
        .into_iter()
        .filter(|booking| booking.terms.day == day)
        .filter(|booking| columns.iter().any(|pitch| pitch.no == booking.terms.pitch && !is_session(pitch)));
    let own = on_day.filter_map(|booking| {
        let settled = booking.state.settled();
        let state = if settled == BookingState::Held {
            CellState::Held(booking.no)
        } else if matches!(settled, BookingState::Confirmed | BookingState::CheckedIn) {
            CellState::Mine(booking.no)
        } else {
            return None;
        };
        Some(OwnSlot { pitch: booking.terms.pitch, span: booking.terms.span, state })
    });
    own.collect()
}

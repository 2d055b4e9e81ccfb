//! Draws as a snapshot keeps them: what was entered and settled, the seed and the value; the outcome is drawn again.

use std::sync::{Arc, OnceLock};

use super::Draws;
use super::prizes::{Prize, PublicDraw};
use super::round::{Entered, Round, Row};
use crate::domain::draw::{Choices, EntryId, Hash, Seed, draw};
use crate::domain::event::Stock;
use crate::domain::ids::{BookingNo, PitchNo, ReleaseNo, ResidentNo};
use crate::domain::lottery::Wish;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;
use crate::engine::snapshot::bytes::{Fields, Malformed, put, put_measured};
use crate::engine::state::Engine;
use crate::engine::world::World;

mod kind {
    pub(super) const WISH: u32 = 0;
    pub(super) const ENTRY: u32 = 1;
    pub(super) const SEALED: u32 = 2;
    pub(super) const DRAWN: u32 = 3;
    pub(super) const PRIZE: u32 = 4;
}

impl Draws {
    /// Gives the rows of all rounds, in the order in which they are taken again.
    pub(in crate::engine) fn put_rows<E>(
        &self,
        mut give: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for release in self.releases() {
            let mut rows = Vec::new();
            self.with(release, |round| put_round(&mut rows, release, round));
            for row in rows {
                give(&row)?;
            }
        }
        Ok(())
    }
}

fn put_round(rows: &mut Vec<Vec<u8>>, release: ReleaseNo, round: &Round) {
    let begun = |kind: u32| {
        let mut row = Vec::new();
        put!(row, kind, release.get());
        row
    };
    for wish in round.wishes() {
        let mut row = begun(kind::WISH);
        put!(
            row,
            wish.pitch.get(),
            wish.day.get(),
            u16::from(wish.span().first()),
            u16::from(wish.span().count())
        );
        rows.push(row);
    }
    for entry in round.rows() {
        let mut row = begun(kind::ENTRY);
        let is_withdrawn = u16::from(entry.entered == Entered::Withdrawn);
        put!(row, entry.id.get(), entry.resident.get(), entry.party, is_withdrawn, entry.made_at.get());
        put!(row, u16::try_from(entry.choices.iter().len()).unwrap_or(0));
        entry.choices.iter().for_each(|choice| put!(row, choice));
        rows.push(row);
    }
    if let Some(sealed) = round.sealed() {
        let mut row = begun(kind::SEALED);
        row.extend_from_slice(&sealed.root.0);
        put_measured(&mut row, &sealed.stock.half_hours);
        put!(row, u32::try_from(sealed.stock.places.len()).unwrap_or(0));
        sealed.stock.places.iter().for_each(|places| put!(row, *places));
        rows.push(row);
    }
    if let Some(drawn) = round.drawn() {
        let mut row = begun(kind::DRAWN);
        row.extend_from_slice(&drawn.public.seed.0);
        put!(row, drawn.public.at.get());
        put_measured(&mut row, drawn.public.value.as_bytes());
        rows.push(row);
        for (entry, prize) in (0u32..).zip(drawn.prizes()) {
            let (is_held, option, booking) = match prize {
                // What the draw itself gives.
                Prize::Reserve | Prize::Due(_) => continue,
                Prize::Held { option, booking } => (1u16, *option, booking.get()),
                Prize::Lapsed => (0, 0, 0),
            };
            let mut row = begun(kind::PRIZE);
            put!(row, entry, is_held, option, booking);
            rows.push(row);
        }
    }
}

impl Engine {
    /// Takes a row again.
    pub(in crate::engine) fn take_draw_row(
        &self,
        world: &World,
        row: &mut Fields<'_>,
    ) -> Result<(), Malformed> {
        let (kind, release) = (row.u32()?, ReleaseNo::new(row.u16()?));
        if kind == kind::SEALED {
            return self.take_sealed_list(world, release, row);
        }
        self.draws
            .with(release, |round| match kind {
                kind::WISH => round.take_wish(row),
                kind::ENTRY => round.take_entry(row),
                kind::DRAWN => round.take_drawn(row),
                kind::PRIZE => round.take_prize(row),
                _ => Err(Malformed),
            })
            .unwrap_or(Err(Malformed))
    }

    fn take_sealed_list(
        &self,
        world: &World,
        release: ReleaseNo,
        row: &mut Fields<'_>,
    ) -> Result<(), Malformed> {
        let root = Hash(*row.array()?);
        let half_hours = row.measured()?.to_vec();
        let count = row.u32()?;
        let places = (0..count).map(|_| row.u16()).collect::<Result<Vec<_>, _>>()?;
        let list = self.list_of(world, release, Some(&Stock { half_hours, places })).ok_or(Malformed)?;
        if list.root != root {
            return Err(Malformed);
        }
        self.draws.with(release, |round| round.seal(Arc::new(list)));
        Ok(())
    }
}

impl Round {
    fn take_wish(&mut self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (pitch, day) = (PitchNo::new(row.u32()?), LocalDay::new(row.i32()?));
        let (first, count) = (row.u16()?, row.u16()?);
        let byte = |number: u16| u8::try_from(number).map_err(|_| Malformed);
        let span = UnitSpan::new(byte(first)?, byte(count)?).map_err(|_| Malformed)?;
        self.number(Wish::new(pitch, day, span)).map(|_| ()).ok_or(Malformed)
    }

    fn take_entry(&mut self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (id, resident) = (EntryId::new(row.u128()?), ResidentNo::new(row.u32()?));
        let party = row.u16()?;
        let entered = if row.u16()? == 0 { Entered::Yes } else { Entered::Withdrawn };
        let made_at = UtcMillis::new(row.i64()?);
        let count = row.u16()?;
        let choices = (0..count).map(|_| row.u32()).collect::<Result<Vec<_>, _>>()?;
        let has = |choice: &u32| usize::try_from(*choice).is_ok_and(|choice| choice < self.wishes().len());
        if !choices.iter().all(has) {
            return Err(Malformed);
        }
        let choices = Choices::of(&choices).map_err(|_| Malformed)?;
        self.put(Row { id, resident, party, choices, made_at, entered });
        Ok(())
    }

    fn take_drawn(&mut self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (seed, at) = (Seed(*row.array()?), UtcMillis::new(row.i64()?));
        let value: Box<str> = std::str::from_utf8(row.measured()?).map_err(|_| Malformed)?.into();
        let sealed = self.sealed().ok_or(Malformed)?;
        let outcome = Arc::new(draw(&sealed.list, &seed.mixed(&sealed.root, &value)));
        self.finish(Arc::new(PublicDraw { seed, value, outcome, at, file: OnceLock::new() }));
        Ok(())
    }

    fn take_prize(&mut self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (entry, is_held) = (row.u32()?, row.u16()?);
        let (option, booking) = (row.u32()?, BookingNo::new(row.u32()?));
        let prize = if is_held == 1 { Prize::Held { option, booking } } else { Prize::Lapsed };
        self.drawn_mut().ok_or(Malformed)?.set(entry, prize);
        Ok(())
    }
}

//! Lines as a snapshot keeps them: who came, the seed, how far it has come, whose turn it is; the order follows from the seed.

use std::sync::Arc;

use super::opened::Order;
use super::row::{Left, Row};
use super::turns::Run;
use super::{Line, Queues};
use crate::domain::draw::Seed;
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::domain::time::UtcMillis;
use crate::engine::snapshot::bytes::{Fields, Malformed, put};

mod kind {
    pub(super) const COME: u16 = 0;
    pub(super) const OPENED: u16 = 1;
    pub(super) const RUN: u16 = 2;
    pub(super) const ENDED: u16 = 3;
    pub(super) const WAITS: u16 = 4;
}

impl Queues {
    /// Gives the rows of all lines, in the order in which they are taken again.
    pub(in crate::engine) fn put_rows<E>(
        &self,
        mut give: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for release in self.releases() {
            self.with(release, |line| put_line(release, line, &mut give)).unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    /// Takes a row again.
    pub(in crate::engine) fn take_row(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (kind, release) = (row.u16()?, ReleaseNo::new(row.u16()?));
        let taken = self.with(release, |line| match kind {
            kind::COME => line.take_come(row),
            kind::OPENED => line.take_opened(row),
            kind::RUN => line.take_run(row),
            kind::WAITS => {
                let (step, count, longest_ms) = (row.u32()?, row.u32()?, row.u64()?);
                line.waits.take(step, count, longest_ms);
                Ok(())
            }
            kind::ENDED => {
                line.end_at(row.u32()?);
                Ok(())
            }
            _ => Err(Malformed),
        });
        taken.unwrap_or(Err(Malformed))
    }
}

fn put_line<E>(
    release: ReleaseNo,
    line: &Line,
    give: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    // A million of them are put into one place, one behind the other.
    let mut row = Vec::new();
    let begin = |row: &mut Vec<u8>, kind: u16| {
        row.clear();
        put!(row, kind, release.get());
    };
    for come in &line.rows {
        begin(&mut row, kind::COME);
        let left: u16 = match come.left {
            Left::No => 0,
            Left::Himself => 1,
            Left::Served => 2,
        };
        let (had_turn, resident) = (u16::from(come.had_turn), come.resident.get());
        put!(row, resident, come.came_after_ms, come.used, left, had_turn);
        give(&row)?;
    }
    if let Some(opened) = &line.opened {
        begin(&mut row, kind::OPENED);
        row.extend_from_slice(&opened.seed.0);
        put!(row, opened.at.get(), opened.early, opened.served);
        give(&row)?;
        for run in opened.turns.iter() {
            begin(&mut row, kind::RUN);
            put!(row, run.behind, run.up_to, run.at.get(), run.admitted, run.acting);
            give(&row)?;
        }
    }
    let (counts, longest_ms) = line.waits.counts();
    for (step, count) in counts {
        begin(&mut row, kind::WAITS);
        put!(row, step, count, longest_ms);
        give(&row)?;
    }
    if let Some(count) = line.ended {
        begin(&mut row, kind::ENDED);
        put!(row, count);
        give(&row)?;
    }
    Ok(())
}

impl Line {
    fn take_come(&mut self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (resident, came_after_ms) = (ResidentNo::new(row.u32()?), row.u32()?);
        let (used, left, had_turn) = (row.u16()?, row.u16()?, row.u16()? != 0);
        let left = match left {
            0 => Left::No,
            1 => Left::Himself,
            2 => Left::Served,
            _ => return Err(Malformed),
        };
        self.put(Row { resident, came_after_ms, used, left, had_turn });
        self.waiting += u32::from(left == Left::No);
        Ok(())
    }

    fn take_opened(&mut self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let seed = Seed(*row.array()?);
        let (at, early, served) = (UtcMillis::new(row.i64()?), row.u32()?, row.u32()?);
        // Of a line at its end there are no rows any more, and nobody asks for their order.
        let order = if self.rows.is_empty() { Order::default() } else { Order::of(&seed, early) };
        self.open(at, seed, early, Arc::new(order));
        self.take_served(served);
        Ok(())
    }

    fn take_run(&mut self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (behind, up_to, at) = (row.u32()?, row.u32()?, UtcMillis::new(row.i64()?));
        let (admitted, acting) = (row.u32()?, row.u32()?);
        let opened = self.opened.as_mut().ok_or(Malformed)?;
        opened.turns.take(Run { behind, up_to, at, admitted, acting });
        Ok(())
    }
}

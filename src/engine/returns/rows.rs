//! What waits to come back as a snapshot keeps it.

use super::{CameBack, Returns, Waiting};
use crate::domain::draw::Seed;
use crate::domain::ids::{PitchNo, ReleaseNo, ReturnNo};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;
use crate::engine::session::Seller;
use crate::engine::snapshot::bytes::{Fields, Malformed, put};
use crate::engine::sync::lock;

mod kind {
    pub(super) const NUMBERS: u16 = 0;
    pub(super) const WAITING: u16 = 1;
    pub(super) const CAME_BACK: u16 = 2;
    pub(super) const SHOWN: u16 = 3;
}

impl Returns {
    /// Gives all rows, in the order in which they are taken again.
    pub(in crate::engine) fn put_rows<E>(
        &self,
        mut give: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let kept = lock(&self.kept);
        let mut row = Vec::new();
        if kept.next > 0 {
            put!(row, kind::NUMBERS, kept.next);
            give(&row)?;
        }
        for (no, waiting) in &kept.waiting {
            row.clear();
            put!(row, kind::WAITING, no.get());
            put_waiting(&mut row, waiting);
            give(&row)?;
        }
        for came_back in &kept.came_back {
            row.clear();
            put!(row, kind::CAME_BACK, came_back.at.get());
            put_waiting(&mut row, &came_back.was);
            give(&row)?;
        }
        for (release, seed) in &kept.shown {
            row.clear();
            put!(row, kind::SHOWN, release.get());
            row.extend_from_slice(&seed.0);
            give(&row)?;
        }
        Ok(())
    }

    /// Takes a row again.
    pub(in crate::engine) fn take_row(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let kind = row.u16()?;
        let mut kept = lock(&self.kept);
        match kind {
            kind::NUMBERS => kept.next = row.u32()?,
            kind::WAITING => {
                let no = ReturnNo::new(row.u32()?);
                kept.waiting.insert(no, take_waiting(row)?);
                kept.unseen.push(no);
            }
            kind::CAME_BACK => {
                let at = UtcMillis::new(row.i64()?);
                kept.came_back.push(CameBack { was: take_waiting(row)?, at });
            }
            kind::SHOWN => {
                let release = ReleaseNo::new(row.u16()?);
                kept.shown.insert(release, Seed(*row.array()?));
            }
            _ => return Err(Malformed),
        }
        Ok(())
    }
}

fn put_waiting(row: &mut Vec<u8>, waiting: &Waiting) {
    let (span, seller) = (
        waiting.span,
        match waiting.seller {
            Seller::Online => 0u16,
            Seller::Counter => 1,
        },
    );
    put!(row, waiting.pitch.get(), waiting.day.get(), u16::from(span.first()), u16::from(span.count()));
    put!(row, waiting.party_size, seller, waiting.release.get(), waiting.given_back_at.get());
}

fn take_waiting(row: &mut Fields<'_>) -> Result<Waiting, Malformed> {
    let (pitch, day) = (PitchNo::new(row.u32()?), LocalDay::new(row.i32()?));
    let mut half_hours = || u8::try_from(row.u16()?).map_err(|_| Malformed);
    let span = UnitSpan::new(half_hours()?, half_hours()?).map_err(|_| Malformed)?;
    let party_size = row.u16()?;
    let seller = match row.u16()? {
        0 => Seller::Online,
        1 => Seller::Counter,
        _ => return Err(Malformed),
    };
    let (release, given_back_at) = (ReleaseNo::new(row.u16()?), UtcMillis::new(row.i64()?));
    Ok(Waiting { pitch, day, span, party_size, seller, release, given_back_at })
}

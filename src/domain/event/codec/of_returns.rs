//! Events of what was given back as bytes.

use super::{Fields, UnknownEvent, kind, put};
use crate::domain::draw::Seed;
use crate::domain::event::{OfReturn, ReturnSeedShown, SlotReturned};
use crate::domain::ids::ReturnNo;

pub(super) fn of_return(out: &mut Vec<u8>, event: &OfReturn) {
    match event {
        OfReturn::Returned(event) => {
            let day = event.day.get().to_le_bytes();
            put(out, kind::SLOT_RETURNED, &[&event.no.get().to_le_bytes(), &day]);
        }
        OfReturn::Shown(event) => {
            put(out, kind::RETURN_SEED_SHOWN, &[&event.release.get().to_le_bytes(), &event.seed.0]);
        }
    }
}

impl Fields<'_> {
    pub(super) fn slot_returned(&mut self) -> Result<OfReturn, UnknownEvent> {
        let (no, day) = (ReturnNo::new(self.u32()?), self.day()?);
        Ok(OfReturn::Returned(SlotReturned { no, day }))
    }

    pub(super) fn return_seed_shown(&mut self) -> Result<OfReturn, UnknownEvent> {
        let release = self.release_no()?;
        Ok(OfReturn::Shown(ReturnSeedShown { release, seed: Seed(*self.take()?) }))
    }
}

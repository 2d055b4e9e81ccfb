//! Events of companions as bytes.

use super::{Fields, UnknownEvent, kind, put};
use crate::domain::event::{CompanionsListed, CompanionsNamed, OfCompanions};
use crate::domain::ids::{BookingNo, ResidentNo};

pub(super) fn of_companions(out: &mut Vec<u8>, event: &OfCompanions) {
    match event {
        OfCompanions::Listed(event) => {
            put(out, kind::COMPANIONS_LISTED, &[&event.resident.get().to_le_bytes(), &event.sealed]);
        }
        OfCompanions::Named(event) => {
            put(out, kind::COMPANIONS_NAMED, &[&event.no.get().to_le_bytes(), &event.sealed]);
        }
    }
}

impl Fields<'_> {
    pub(super) fn companions_listed(&mut self) -> Result<OfCompanions, UnknownEvent> {
        let resident = ResidentNo::new(self.u32()?);
        Ok(OfCompanions::Listed(CompanionsListed { resident, sealed: self.rest().into() }))
    }

    pub(super) fn companions_named(&mut self) -> Result<OfCompanions, UnknownEvent> {
        let no = BookingNo::new(self.u32()?);
        Ok(OfCompanions::Named(CompanionsNamed { no, sealed: self.rest().into() }))
    }
}

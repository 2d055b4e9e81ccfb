//! Events of what was verified of residents as bytes.

use super::{Fields, UnknownEvent, kind, put};
use crate::domain::entitlement::Verified;
use crate::domain::event::{Household, HouseholdJoined, OfPeople, ResidentVerified};
use crate::domain::ids::ResidentNo;

pub(super) fn of_people(out: &mut Vec<u8>, event: &OfPeople) {
    match event {
        OfPeople::Verified(event) => {
            let verified = event.verified.bits().to_le_bytes();
            put(out, kind::RESIDENT_VERIFIED, &[&event.resident.get().to_le_bytes(), &verified]);
        }
        OfPeople::Household(event) => {
            let (no, with) = event.household.map_or((0, 0), |household| (household.no, household.with.get()));
            let resident = event.resident.get().to_le_bytes();
            put(out, kind::HOUSEHOLD_JOINED, &[&resident, &no.to_le_bytes(), &with.to_le_bytes()]);
        }
    }
}

impl Fields<'_> {
    pub(super) fn resident_verified(&mut self) -> Result<OfPeople, UnknownEvent> {
        let resident = ResidentNo::new(self.u32()?);
        let verified = Verified::of_bits(u64::from_le_bytes(*self.take()?));
        let verified = verified.ok_or_else(|| self.senseless())?;
        Ok(OfPeople::Verified(ResidentVerified { resident, verified }))
    }

    pub(super) fn household_joined(&mut self) -> Result<OfPeople, UnknownEvent> {
        let resident = ResidentNo::new(self.u32()?);
        let (no, with) = (self.u32()?, ResidentNo::new(self.u32()?));
        let household = (no > 0).then_some(Household { no, with });
        Ok(OfPeople::Household(HouseholdJoined { resident, household }))
    }
}

//! What the staff verify of residents, who lives together, and who may book of a release by it.
//!
//! What was verified is a word of the account, changed by durable records alone. A household's limit counts what its members have at this
//! moment, whoever of them books: its lock is held while one more is counted, so that two of them never pass together (I4). Nothing is
//! counted under a household itself: so who moves takes along what he has.

use dashmap::DashMap;
use dashmap::mapref::one::RefMut;

use super::lane::Ticket;
use super::quota::QuotaExceeded;
use super::refusal::Refusal;
use super::replay::ReplayError;
use super::residents::Resident;
use super::state::{CommandLane, Engine};
use super::sync::{AtomicU32, Ordering};
use crate::domain::catalogue::Release;
use crate::domain::entitlement::Verified;
use crate::domain::event::{Event, Household, HouseholdJoined, OfPeople, ResidentVerified, Role, StaffActed};
use crate::domain::ids::ResidentNo;
use crate::domain::time::LocalDay;

/// How many may live in a household.
pub const HOUSEHOLD_MAX: usize = 20;

/// Who lives together, by the household's number.
#[derive(Default)]
pub struct Households {
    members: DashMap<u32, Vec<ResidentNo>>,
    next: AtomicU32,
}

/// A household that nobody else books for at this moment.
pub(super) type HeldHousehold<'a> = RefMut<'a, u32, Vec<ResidentNo>>;

impl Households {
    /// A number that no household has.
    fn allot(&self) -> u32 {
        // ORDERING: Relaxed, the number is all that is shared.
        self.next.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    fn note_used(&self, no: u32) {
        // ORDERING: Relaxed, as in `allot`.
        self.next.fetch_max(no, Ordering::Relaxed);
    }

    /// How many live in a household.
    #[must_use]
    pub fn count(&self, no: u32) -> usize {
        self.members.get(&no).map_or(0, |members| members.len())
    }

    /// The members of a household, to be counted and kept from changing meanwhile.
    pub(super) fn hold(&self, no: u32) -> Option<HeldHousehold<'_>> {
        if no == 0 { None } else { self.members.get_mut(&no) }
    }

    fn add(&self, no: u32, resident: ResidentNo) {
        let mut members = self.members.entry(no).or_default();
        if !members.contains(&resident) {
            members.push(resident);
            members.sort_unstable();
        }
    }

    fn remove(&self, no: u32, resident: ResidentNo) {
        self.members.remove_if_mut(&no, |_, members| {
            members.retain(|member| *member != resident);
            members.is_empty()
        });
    }
}

impl Engine {
    /// Who lives together.
    #[must_use]
    pub fn households(&self) -> &Households {
        &self.households
    }

    /// Lets nobody book whom a release isn't for.
    ///
    /// # Errors
    /// What he lacks.
    pub(super) fn expect_entitled(
        &self,
        release: Option<&Release>,
        resident: ResidentNo,
        day: LocalDay,
    ) -> Result<(), Refusal> {
        let Some(terms) = release.and_then(|release| release.def.who.as_deref()) else { return Ok(()) };
        let verified = self.residents.get(resident).map(Resident::verified).unwrap_or_default();
        terms.judge(verified, day).map_err(Refusal::NotEntitled)
    }

    /// Keeps a household from counting anything else while one of it books, where its release limits what it has together.
    ///
    /// # Errors
    /// `QuotaExceeded` when it has all that it may have.
    pub(super) fn hold_household(
        &self,
        release: Option<&Release>,
        resident: &Resident,
        day: LocalDay,
    ) -> Result<Option<HeldHousehold<'_>>, Refusal> {
        let Some(release) = release else { return Ok(None) };
        let limit = release.def.who.as_deref().and_then(|who| who.limit_per_household);
        let Some(limit) = limit else { return Ok(None) };
        let Some(held) = self.households.hold(resident.household()) else { return Ok(None) };
        let of = |member: &ResidentNo| self.quotas.of_release(release.no, *member, day);
        let used: u32 = held.iter().map(of).sum();
        let limit = u32::from(limit);
        if used >= limit {
            let quota = "household".to_owned();
            return Err(Refusal::from(QuotaExceeded { quota, limit, used }));
        }
        Ok(Some(held))
    }

    /// Keeps what the staff have verified of a resident. It replaces what was before.
    ///
    /// # Errors
    /// `NotFound` for who is no resident, `Overloaded`.
    pub fn verify_resident(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        resident: ResidentNo,
        verified: Verified,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        self.expect_resident(resident)?;
        let permit = lane.owner.permit()?;
        let event = OfPeople::Verified(ResidentVerified { resident, verified });
        Ok(permit.push(Event::StaffActed(StaffActed { by, action: Box::new(Event::OfPeople(event)) })))
    }

    /// Puts a resident into another's household, or into none.
    ///
    /// # Errors
    /// `NotFound` for who is no resident, `QuotaExceeded` when too many would live there, `Overloaded`.
    pub fn join_household(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        resident: ResidentNo,
        with: Option<ResidentNo>,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        self.expect_resident(resident)?;
        let household = match with {
            Some(with) => {
                let other = self.expect_resident(with)?;
                let no = match other.household() {
                    0 => self.households.allot(),
                    no => no,
                };
                if self.households.count(no) >= HOUSEHOLD_MAX {
                    let limit = u32::try_from(HOUSEHOLD_MAX).unwrap_or(u32::MAX);
                    let quota = "household-members".to_owned();
                    return Err(Refusal::from(QuotaExceeded { quota, limit, used: limit }));
                }
                Some(Household { no, with })
            }
            None => None,
        };
        let permit = lane.owner.permit()?;
        let event = OfPeople::Household(HouseholdJoined { resident, household });
        Ok(permit.push(Event::StaffActed(StaffActed { by, action: Box::new(Event::OfPeople(event)) })))
    }

    fn expect_resident(&self, no: ResidentNo) -> Result<&Resident, Refusal> {
        let account = self.residents.get(no).filter(|account| account.role() == Some(Role::Resident));
        account.ok_or(Refusal::NotFound)
    }

    /// Shows what a durable record says. By the committer, and by the replay. An account that was erased since has nothing verified.
    pub(super) fn settle_of_people(&self, event: &OfPeople) {
        match event {
            OfPeople::Verified(event) => {
                if let Some(account) = self.residents.get(event.resident).filter(|it| !it.is_erased()) {
                    account.set_verified(event.verified);
                }
            }
            OfPeople::Household(event) => match event.household {
                Some(Household { no, with }) => {
                    self.households.note_used(no);
                    self.move_to(with, no);
                    self.move_to(event.resident, no);
                }
                None => self.move_to(event.resident, 0),
            },
        }
    }

    /// A resident lives here from now on; in no household where it is 0.
    pub(super) fn move_to(&self, resident: ResidentNo, household: u32) {
        let Some(account) = self.residents.get(resident) else { return };
        let household = if account.is_erased() { 0 } else { household };
        let before = account.household();
        // A member first: whoever books in between is counted with those whom he joins.
        if household != 0 {
            self.households.add(household, resident);
        }
        if before != household {
            account.set_household(household);
            if before != 0 {
                self.households.remove(before, resident);
            }
        }
    }

    /// Nothing is verified of an account any more that is erased. By the committer.
    pub(super) fn forget_verified(&self, resident: ResidentNo) {
        if let Some(account) = self.residents.get(resident) {
            account.set_verified(Verified::default());
        }
        self.move_to(resident, 0);
    }

    /// What a snapshot has of a resident.
    pub(super) fn take_verified(&self, resident: ResidentNo, verified: Verified, household: u32) -> bool {
        let Some(account) = self.residents.get(resident) else { return false };
        account.set_verified(verified);
        self.households.note_used(household);
        self.move_to(resident, household);
        true
    }

    /// Judges a record at replay.
    pub(super) fn people_again(&self, event: &OfPeople) -> Result<(), ReplayError> {
        let (resident, with) = match event {
            OfPeople::Verified(event) => (event.resident, None),
            OfPeople::Household(event) => (event.resident, event.household.map(|household| household.with)),
        };
        for no in [Some(resident), with].into_iter().flatten() {
            if self.residents.get(no).is_none() {
                return Err(ReplayError::Missing { what: format!("what was verified of {no}") });
            }
        }
        Ok(())
    }
}

//! Accounts: signing up, logging in and out, and topping a wallet up.

use std::sync::Arc;

use dashmap::mapref::entry::Entry;

use super::known_requests::{CameTo, Known};
use super::lane::Ticket;
use super::refusal::{FieldError, Refusal, Wrong};
use super::residents::RESIDENTS_MAX;
use super::state::{CommandLane, Engine};
use super::top_ups::TopUp;
use crate::domain::event::{
    AccountCompleted, AccountOpened, Event, PhoneHash, Provider, RequestKey, Role, SessionChanged,
    StaffActed, WalletToppedUp,
};
use crate::domain::ids::{ResidentNo, TopUpNo};
use crate::domain::money::Minor;

/// The most that is topped up at once.
pub const TOP_UP_MAX: i64 = 10_000_000;

/// What became of a top-up so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToppedUp {
    Queued {
        no: TopUpNo,
        ticket: Ticket,
    },
    /// The same request came before, as this top-up. It may be under way still.
    Before(TopUpNo),
}

/// What a top-up's request that came before came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToppedUpBefore {
    /// Not decided yet.
    UnderWay,
    Paid(TopUp),
    /// Nothing: the same request is judged anew.
    Refused,
}

/// A session that is under way: its slot and generation stand when the ticket is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogIn {
    pub ticket: Ticket,
    pub slot: u8,
    pub generation: u32,
}

/// The session that a resident begins with at sign-up.
pub const FIRST_SESSION: (u8, u32) = (0, 1);

impl Engine {
    /// Keeps a telephone number for a new account and gives the account's number. `open_account` or `release_phone` follows.
    ///
    /// # Errors
    /// `PhoneTaken` when somebody has it or is about to; `Overloaded` when the city is full.
    pub fn reserve_phone(&self, phone: PhoneHash) -> Result<ResidentNo, Refusal> {
        match self.phones.entry(phone) {
            Entry::Occupied(_) => {
                self.counters.refuse(&Refusal::PhoneTaken);
                Err(Refusal::PhoneTaken)
            }
            Entry::Vacant(place) => {
                let no = self.residents.allot();
                if no.index() >= RESIDENTS_MAX {
                    return Err(Refusal::Overloaded);
                }
                place.insert(no);
                Ok(no)
            }
        }
    }

    /// Gives a number up that was kept.
    pub fn release_phone(&self, phone: PhoneHash, no: ResidentNo) {
        self.phones.remove_if(&phone, |_, owner| *owner == no && self.residents.get(no).is_none());
    }

    /// Opens an account under a number that was kept. A resident begins logged in, with `FIRST_SESSION`.
    ///
    /// # Errors
    /// `Overloaded`; the telephone number is given up then.
    pub fn open_account(&self, lane: &CommandLane, account: AccountOpened) -> Result<Ticket, Refusal> {
        let (phone, no) = (account.phone, account.resident);
        if let (Role::Resident, Err(refusal)) = (account.role, self.expect_room()) {
            self.release_phone(phone, no);
            return self.count(Err(refusal));
        }
        self.push_account(lane, (phone, no), Event::AccountOpened(Box::new(account)))
    }

    /// Opens an account for one of the staff, by an operator, under a number that was kept. It begins without a session.
    ///
    /// # Errors
    /// As `open_account`.
    pub fn open_staff_account(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        account: AccountOpened,
    ) -> Result<Ticket, Refusal> {
        assert!(account.role != Role::Resident, "a resident is none of the staff");
        let (phone, no) = (account.phone, account.resident);
        let action = Box::new(Event::AccountOpened(Box::new(account)));
        self.push_account(lane, (phone, no), Event::StaffActed(StaffActed { by, action }))
    }

    fn push_account(
        &self,
        lane: &CommandLane,
        (phone, no): (PhoneHash, ResidentNo),
        event: Event,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        match lane.owner.permit() {
            Ok(permit) => Ok(permit.push(event)),
            Err(overloaded) => {
                self.release_phone(phone, no);
                Err(overloaded.into())
            }
        }
    }

    /// Gives an account that was opened at a counter to its resident: from now on with this sealed data, which has a password. The
    /// caller looked at the data before and found none.
    ///
    /// # Errors
    /// `PhoneTaken` when somebody else did so meanwhile; `Overloaded`.
    pub fn complete_account(
        &self,
        lane: &CommandLane,
        before: &Arc<[u8]>,
        completed: AccountCompleted,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let no = completed.resident;
        if !self.completing.insert(no) {
            return Err(Refusal::PhoneTaken);
        }
        // Looked up when nobody else can complete it: who was quicker has exchanged the data by now.
        let is_same = self.sealed_of(no).is_some_and(|now| Arc::ptr_eq(&now, before));
        let role = self.residents.get(no).and_then(super::residents::Resident::role);
        let permit = if is_same && role == Some(Role::Resident) {
            self.permit_for_new(lane)
        } else {
            Err(Refusal::PhoneTaken)
        };
        match permit {
            Ok(permit) => Ok(permit.push(Event::AccountCompleted(Box::new(completed)))),
            Err(refusal) => {
                self.completing.remove(&no);
                Err(refusal)
            }
        }
    }

    /// Whether somebody has this telephone number, or is about to.
    #[must_use]
    pub fn is_phone_taken(&self, phone: PhoneHash) -> bool {
        self.phones.contains_key(&phone)
    }

    /// The account of a telephone number with its sealed personal data, when it is durable.
    #[must_use]
    pub fn account_by_phone(&self, phone: PhoneHash) -> Option<(ResidentNo, Arc<[u8]>)> {
        let no = *self.phones.get(&phone)?;
        self.residents.get(no)?;
        Some((no, self.sealed_of(no)?))
    }

    /// An account's sealed personal data.
    #[must_use]
    pub fn sealed_of(&self, no: ResidentNo) -> Option<Arc<[u8]>> {
        self.sealed.get(&no).map(|sealed| Arc::clone(&sealed))
    }

    /// Begins a session.
    ///
    /// # Errors
    /// `Overloaded`, or `NotFound` when there is no such account, or it may do nothing any more.
    pub fn log_in(&self, lane: &CommandLane, no: ResidentNo) -> Result<LogIn, Refusal> {
        let _command = lane.owner.begin_command();
        let resident = self.residents.get(no).filter(|account| account.role().is_some());
        let resident = resident.ok_or(Refusal::NotFound)?;
        let permit = lane.owner.permit()?;
        let (slot, generation) = resident.log_ins.hand_out();
        let event = SessionChanged { resident: no, slot, generation };
        Ok(LogIn { ticket: permit.push(Event::LoggedIn(event)), slot, generation })
    }

    /// Ends a session: its tokens are dead when the ticket is durable.
    ///
    /// # Errors
    /// `Overloaded`, or `NotFound` when there is no such session.
    pub fn log_out(
        &self,
        lane: &CommandLane,
        no: ResidentNo,
        slot: u8,
        generation: u32,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let resident = self.residents.get(no).ok_or(Refusal::NotFound)?;
        if !resident.log_ins.is_alive(slot, generation) {
            return Err(Refusal::NotFound);
        }
        let permit = lane.owner.permit()?;
        let event = SessionChanged { resident: no, slot, generation: generation + 1 };
        Ok(permit.push(Event::LoggedOut(event)))
    }

    /// What the request came to that was answered with `ToppedUp::Before`.
    #[must_use]
    pub fn topped_up_before(&self, request: RequestKey, no: TopUpNo) -> ToppedUpBefore {
        let top_up = self.top_ups.get(no);
        if self.known.look_up(request) != Some(Known::Same(CameTo::TopUp(no))) {
            return ToppedUpBefore::Refused;
        }
        match top_up {
            Some(top_up) if !top_up.is_pending => ToppedUpBefore::Paid(top_up),
            Some(_) | None => ToppedUpBefore::UnderWay,
        }
    }

    /// Tops a wallet up with money that a provider has paid.
    ///
    /// # Errors
    /// Why nothing was topped up.
    pub fn top_up(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        amount: i64,
        provider: Provider,
        request: Option<RequestKey>,
    ) -> Result<ToppedUp, Refusal> {
        let _command = lane.owner.begin_command();
        let known = request.and_then(|request| self.known.look_up(request));
        if let Some(Known::Same(CameTo::TopUp(no))) = known {
            return Ok(ToppedUp::Before(no));
        }
        if !(1..=TOP_UP_MAX).contains(&amount) {
            return Err(Refusal::Invalid(vec![FieldError { field: "amount", wrong: Wrong::Amount }]));
        }
        let account = self.residents.get(resident).ok_or(Refusal::NotFound)?;
        if account.role() != Some(Role::Resident) {
            return Err(Refusal::Forbidden);
        }
        if known.is_some() {
            return Err(Refusal::OtherBody);
        }
        let permit = self.count(self.permit_for_new(lane))?;
        let (no, entry) = self.top_ups.allot().ok_or(Refusal::Overloaded)?;
        if let Some(request) = request
            && let Err(known) = self.known.begin(request, CameTo::TopUp(no))
        {
            return match known {
                Known::Same(CameTo::TopUp(before)) => Ok(ToppedUp::Before(before)),
                Known::Same(
                    CameTo::Booking(_) | CameTo::AtGate(_) | CameTo::CheckIn(_) | CameTo::Entry(_),
                )
                | Known::OtherBody => Err(Refusal::OtherBody),
            };
        }
        let amount = Minor::new(amount);
        entry.fill(resident, amount);
        let event = WalletToppedUp { no, resident, amount, provider, request };
        Ok(ToppedUp::Queued { no, ticket: permit.push(Event::WalletToppedUp(event)) })
    }
}

//! Residents by number: balances, counts, sessions and the heads of their lists, each in a place of its own.

#[cfg(not(feature = "loom"))]
use std::mem::offset_of;

use super::log_ins::{LogIns, SESSION_SLOTS};
use super::quota_word::QuotaWords;
use super::slab::Slab;
use super::snapshot::Row;
use super::snapshot::bytes::{Fields, Malformed, put};
use super::sync::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use super::word::NO_BOOKING;
use crate::domain::entitlement::Verified;
use crate::domain::event::Role;
use crate::domain::ids::{ResidentNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

/// How many accounts a city may have.
pub const RESIDENTS_MAX: usize = 1 << 25;
const PER_BLOCK: usize = 1 << 12;

/// What the engine knows of one account. A wallet has two balances: what may be spent, which falls when a booking is queued and
/// rises when a refund is durable; and what is shown, which moves with durable records only.
// What a booking needs lies on one cache line.
#[repr(C, align(64))]
pub struct Resident {
    role: AtomicU64,
    spendable: AtomicI64,
    settled: AtomicI64,
    pub quota: QuotaWords,
    /// The newest booking: the head of a list that the committer alone writes.
    pub newest_booking: AtomicU32,
    /// The newest top-up, likewise.
    pub newest_top_up: AtomicU32,
    pub log_ins: LogIns,
    /// What the wallet was opened with.
    opening: AtomicI64,
    /// When the account was opened; 0 where that was not kept.
    opened_at: AtomicI64,
    /// What was verified of the person.
    verified: AtomicU32,
    /// The household's number; 0 for who lives by himself.
    household: AtomicU32,
}

#[cfg(not(feature = "loom"))]
const _: () = assert!(offset_of!(Resident, log_ins) == 64 && size_of::<Resident>() == 128);

impl Default for Resident {
    fn default() -> Self {
        Self {
            role: AtomicU64::new(ROLE_NONE),
            spendable: AtomicI64::new(0),
            settled: AtomicI64::new(0),
            quota: QuotaWords::default(),
            newest_booking: AtomicU32::new(NO_BOOKING),
            newest_top_up: AtomicU32::new(NO_BOOKING),
            log_ins: LogIns::default(),
            opening: AtomicI64::new(0),
            opened_at: AtomicI64::new(0),
            verified: AtomicU32::new(0),
            household: AtomicU32::new(0),
        }
    }
}

const ROLE_NONE: u64 = 0;
const ROLE_RESIDENT: u64 = 1;
const ROLE_OPERATOR: u64 = 2;
const ROLE_MANAGER: u64 = 3;
const ROLE_FRONT_DESK: u64 = 4;
const ROLE_DISABLED: u64 = 5;
const ROLE_ERASED: u64 = 6;
/// Never in a snapshot: a replayed state has nothing under way.
const ROLE_BEING_ERASED: u64 = 7;

impl Resident {
    /// What the account may do, or nothing when there is no such account.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        // ORDERING: Acquire pairs with the Release in `open`: who sees the account sees its balance and sessions.
        let role = self.role.load(Ordering::Acquire);
        match role & 0xff {
            ROLE_RESIDENT => Some(Role::Resident),
            ROLE_OPERATOR => Some(Role::Operator),
            ROLE_FRONT_DESK => Some(Role::FrontDesk(VenueNo::new((role >> 32) as u32))),
            ROLE_MANAGER => Some(Role::VenueManager(VenueNo::new((role >> 32) as u32))),
            _ => None,
        }
    }

    /// Opens the account. By the committer.
    pub fn open(&self, role: Role, balance: Minor) {
        // ORDERING: Relaxed, published by the Release of the role, which pairs with the Acquire in `role` and `get`.
        self.spendable.store(balance.get(), Ordering::Relaxed);
        self.settled.store(balance.get(), Ordering::Relaxed);
        self.opening.store(balance.get(), Ordering::Relaxed);
        let word = match role {
            Role::Resident => ROLE_RESIDENT,
            Role::Operator => ROLE_OPERATOR,
            Role::FrontDesk(venue) => ROLE_FRONT_DESK | u64::from(venue.get()) << 32,
            Role::VenueManager(venue) => ROLE_MANAGER | u64::from(venue.get()) << 32,
        };
        self.role.store(word, Ordering::Release);
    }

    /// When the account was opened, where that is known.
    #[must_use]
    pub fn opened_at(&self) -> Option<UtcMillis> {
        // ORDERING: Relaxed, written before the role was, and never after.
        Some(UtcMillis::new(self.opened_at.load(Ordering::Relaxed))).filter(|at| at.get() != 0)
    }

    /// Keeps when the account was opened. By the committer, before it opens it, or by who reads a snapshot.
    pub(super) fn note_opened(&self, at: UtcMillis) {
        // ORDERING: Relaxed, published by the Release of the role.
        self.opened_at.store(at.get(), Ordering::Relaxed);
    }

    /// What was verified of the person.
    #[must_use]
    pub fn verified(&self) -> Verified {
        // ORDERING: Relaxed, the word is all there is to it.
        Verified::of_packed(self.verified.load(Ordering::Relaxed))
    }

    /// By the committer, or by who reads a snapshot.
    pub(super) fn set_verified(&self, verified: Verified) {
        // ORDERING: Relaxed, as in `verified`.
        self.verified.store(verified.packed(), Ordering::Relaxed);
    }

    /// The household's number; 0 for who lives by himself.
    #[must_use]
    pub fn household(&self) -> u32 {
        // ORDERING: Relaxed, the number is all there is to it; who lives there is asked under the household's lock.
        self.household.load(Ordering::Relaxed)
    }

    /// By the committer, or by who reads a snapshot.
    pub(super) fn set_household(&self, no: u32) {
        // ORDERING: Relaxed, as in `household`.
        self.household.store(no, Ordering::Relaxed);
    }

    /// Takes all rights from the account and ends its sessions. By the committer.
    pub fn disable(&self) {
        // ORDERING: Release, as in `open`.
        self.role.store(ROLE_DISABLED, Ordering::Release);
    }

    /// Nobody begins anything for this account any more: it is about to be erased. Whether it was a resident's until now.
    pub(super) fn close(&self) -> bool {
        // ORDERING: AcqRel, as in `open`: who closes it sees what it is, and one of two wins. That commands which saw it open
        // have ended is `Intake::queued_before`'s to say.
        let (from, to) = (ROLE_RESIDENT, ROLE_BEING_ERASED);
        self.role.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// The erasure came to nothing: the account is a resident's again.
    pub(super) fn reopen(&self) {
        // ORDERING: Release, as in `open`.
        let (from, to) = (ROLE_BEING_ERASED, ROLE_RESIDENT);
        let _ = self.role.compare_exchange(from, to, Ordering::Release, Ordering::Relaxed);
    }

    /// The account is gone for good. By the committer.
    pub(super) fn erase(&self) {
        // ORDERING: Release, as in `open`.
        self.role.store(ROLE_ERASED, Ordering::Release);
    }

    /// Whether the account is gone for good.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        // ORDERING: Acquire, as in `role`: who sees this has seen the end of the account's data.
        self.role.load(Ordering::Acquire) == ROLE_ERASED
    }

    /// What the wallet was opened with.
    #[must_use]
    pub fn opening(&self) -> Minor {
        // ORDERING: Relaxed, written before the role was, and never after.
        Minor::new(self.opening.load(Ordering::Relaxed))
    }

    /// What may be spent now.
    #[must_use]
    pub fn spendable(&self) -> Minor {
        // ORDERING: Relaxed, the word is all there is to the balance.
        Minor::new(self.spendable.load(Ordering::Relaxed))
    }

    /// The balance as durable records have it.
    #[must_use]
    pub fn settled(&self) -> Minor {
        // ORDERING: Relaxed, the word is all there is to the balance.
        Minor::new(self.settled.load(Ordering::Relaxed))
    }

    /// Takes a price from what may be spent, or nothing (I3).
    ///
    /// # Errors
    /// What may be spent, when it is too little.
    pub fn debit(&self, price: Minor) -> Result<(), Minor> {
        // ORDERING: Relaxed throughout, the word is all there is to the balance; the record that moves the money is
        // ordered by the queue of the lane.
        let mut balance = self.spendable.load(Ordering::Relaxed);
        loop {
            let after = balance.checked_sub(price.get()).filter(|after| *after >= 0);
            let Some(after) = after else { return Err(Minor::new(balance)) };
            match self.spendable.compare_exchange_weak(balance, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => balance = now,
            }
        }
    }

    /// Gives back a debit that came to nothing, or credits what is durable.
    pub fn credit_spendable(&self, amount: Minor) {
        // ORDERING: Relaxed, as in `debit`.
        self.spendable.fetch_add(amount.get(), Ordering::Relaxed);
    }

    /// Moves the balance that is shown. By the committer.
    ///
    /// # Panics
    /// When it would be negative (I3).
    pub fn settle(&self, amount: Minor) {
        // ORDERING: Relaxed, the committer alone moves it, and the word is all there is to the balance.
        let before = self.settled.fetch_add(amount.get(), Ordering::Relaxed);
        assert!(before.checked_add(amount.get()).is_some_and(|after| after >= 0), "I3: a wallet is negative");
    }
}

// ORDERING: Relaxed in both: a snapshot is made of a state, and makes one, in which nobody else is at work.
impl Row for Resident {
    fn put_row(&self, out: &mut Vec<u8>) {
        put!(out, self.role.load(Ordering::Relaxed), self.settled.load(Ordering::Relaxed));
        self.quota.put_row(out);
        put!(out, self.newest_booking.load(Ordering::Relaxed), self.newest_top_up.load(Ordering::Relaxed));
        for slot in 0..SESSION_SLOTS {
            put!(out, self.log_ins.generation(slot));
        }
        put!(out, self.opening.load(Ordering::Relaxed));
    }

    fn of_row(row: &mut Fields<'_>) -> Result<Self, Malformed> {
        let (role, balance) = (row.u64()?, row.i64()?);
        let resident = Self {
            role: AtomicU64::new(role),
            spendable: AtomicI64::new(balance),
            settled: AtomicI64::new(balance),
            quota: QuotaWords::of_row(row)?,
            newest_booking: AtomicU32::new(row.u32()?),
            newest_top_up: AtomicU32::new(row.u32()?),
            log_ins: LogIns::default(),
            opening: AtomicI64::new(0),
            opened_at: AtomicI64::new(0),
            verified: AtomicU32::new(0),
            household: AtomicU32::new(0),
        };
        for slot in 0..SESSION_SLOTS {
            resident.log_ins.set(slot, row.u32()?);
        }
        resident.opening.store(row.i64()?, Ordering::Relaxed);
        if balance < 0 || role & 0xff > ROLE_ERASED { Err(Malformed) } else { Ok(resident) }
    }
}

/// All accounts.
pub struct Residents {
    slab: Slab<Resident, PER_BLOCK>,
    /// What bookings moved in each wallet that are forgotten: apart, for no request asks for it.
    carried: Slab<AtomicI64, PER_BLOCK>,
    next: AtomicU32,
}

impl Residents {
    #[must_use]
    pub fn new() -> Self {
        let (slab, carried) = (Slab::new(RESIDENTS_MAX), Slab::new(RESIDENTS_MAX));
        Self { slab, carried, next: AtomicU32::new(0) }
    }

    /// The account of a number, when it is open.
    #[must_use]
    pub fn get(&self, no: ResidentNo) -> Option<&Resident> {
        // ORDERING: Acquire pairs with the Release in `Resident::open`, as in `role`.
        self.slab.get(no.index()).filter(|resident| resident.role.load(Ordering::Acquire) != ROLE_NONE)
    }

    /// A word of the place of a number, whether its account is open or not.
    pub(super) fn look_at(&self, no: ResidentNo) -> Option<&AtomicU32> {
        Some(&self.slab.get(no.index())?.newest_booking)
    }

    /// The place of a number, made when it isn't there; nothing when the city is full.
    #[must_use]
    pub fn place(&self, no: ResidentNo) -> Option<&Resident> {
        self.slab.get_or_make(no.index())
    }

    /// What bookings moved in a wallet that are forgotten.
    #[must_use]
    pub fn carried(&self, no: ResidentNo) -> Minor {
        // ORDERING: Relaxed, the word is all there is to it; it is looked at where nothing is under way.
        self.carried.get(no.index()).map_or(Minor::ZERO, |amount| Minor::new(amount.load(Ordering::Relaxed)))
    }

    /// Adds to it. By the committer, or by who reads a snapshot.
    pub(super) fn carry(&self, no: ResidentNo, amount: Minor) {
        if let Some(carried) = self.carried.get_or_make(no.index()) {
            // ORDERING: Relaxed, as in `carried`.
            carried.fetch_add(amount.get(), Ordering::Relaxed);
        }
    }

    /// A number for a new account.
    #[must_use]
    pub fn allot(&self) -> ResidentNo {
        // ORDERING: Relaxed, the number is all that is shared.
        ResidentNo::new(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Numbers up to this one are used. By the committer.
    pub fn note_used(&self, no: ResidentNo) {
        // ORDERING: Relaxed, the number is all that is shared.
        self.next.fetch_max(no.get().saturating_add(1), Ordering::Relaxed);
    }

    /// All places.
    pub(super) const fn slab(&self) -> &Slab<Resident, PER_BLOCK> {
        &self.slab
    }

    /// All open accounts.
    pub fn iter(&self) -> impl Iterator<Item = (ResidentNo, &Resident)> {
        // ORDERING: Acquire pairs with the Release in `Resident::open`, as in `role`.
        self.slab
            .iter()
            .filter(|(_, resident)| resident.role.load(Ordering::Acquire) != ROLE_NONE)
            .filter_map(|(index, resident)| Some((ResidentNo::new(u32::try_from(index).ok()?), resident)))
    }

    /// How many numbers are used.
    #[must_use]
    pub fn count(&self) -> u32 {
        // ORDERING: Relaxed, a bound on numbers; whether an account is open is said by its own role.
        self.next.load(Ordering::Relaxed)
    }
}

impl Default for Residents {
    fn default() -> Self {
        Self::new()
    }
}

//! Counts everything anew from the bookings and compares it with what the live state says: what `kaichang verify` and the tests
//! rely on. Meaningful while nothing is under way.

use std::collections::HashMap;

use super::bookings::{Booking, Payment, Terms};
use super::forgetting::moved_in_wallet;
use super::state::Engine;
use crate::domain::catalogue::PitchKind;
use crate::domain::ids::ResidentNo;
use crate::domain::invariant::Invariant;
use crate::domain::time::LocalDay;
use crate::domain::units::UnitMask;

/// A rule that doesn't hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub invariant: Invariant,
    pub what: String,
}

/// The state in a form that can be compared and hashed: equal for equal states, whatever way they came about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Digest {
    pub bookings: Vec<Booking>,
    pub residents: Vec<ResidentDigest>,
    pub claimed: Vec<(u32, i32, u64, u64)>,
    pub sold: Vec<(u32, i32, Vec<u16>)>,
    pub quotas: Vec<super::quota::MappedCount>,
    pub tills: Vec<i64>,
    pub opened: Vec<(u16, i32, i64)>,
    /// How many acts of the staff are in the audit log, and its last hash.
    pub staff_acts: (usize, [u8; 32]),
    pub requests: Vec<(u128, u64, super::known_requests::CameTo)>,
    pub draws: Vec<super::draws::RoundDigest>,
    pub queues: Vec<super::queues::LineDigest>,
    pub returns: super::returns::ReturnsDigest,
    pub revenue: Vec<i64>,
    pub providers: i64,
    pub forgotten: (super::forgetting::Forgotten, u32),
    pub first_day: i32,
    pub last_day: Option<i32>,
}

/// A resident's part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResidentDigest {
    pub no: u32,
    pub spendable: i64,
    pub settled: i64,
    pub carried: i64,
    pub is_erased: bool,
    /// What was verified, and the household's number.
    pub verified: (u64, u32),
    pub sessions: Vec<u32>,
    /// The counts of the open days, then that of live bookings.
    pub counts: Vec<u32>,
}

impl Engine {
    /// Every rule that doesn't hold, each with what breaks it.
    #[must_use]
    pub fn audit(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        self.audit_sales(&mut violations);
        self.audit_money(&mut violations);
        self.audit_quotas(&mut violations);
        self.audit_releases(&mut violations);
        self.audit_draws(&mut violations);
        self.audit_queues(&mut violations);
        violations
    }

    fn audit_sales(&self, violations: &mut Vec<Violation>) {
        let world = self.world();
        let mut claimed: HashMap<(u32, LocalDay), UnitMask> = HashMap::new();
        let mut sold: HashMap<(u32, LocalDay, u8), u32> = HashMap::new();
        let mut fail = |what| violations.push(Violation { invariant: Invariant::I1NoDoubleSale, what });
        let held = self.bookings.iter().filter(|booking| booking.state.holds_units()).map(|booking| {
            let Terms { pitch, day, span, party_size, .. } = booking.terms;
            (booking.no.to_string(), pitch, day, span, party_size)
        });
        let kept_back = self.returns.all().into_iter().map(|waiting| {
            let what = "what was given back".to_owned();
            (what, waiting.pitch, waiting.day, waiting.span, waiting.party_size)
        });
        for (who, pitch, day, span, party_size) in held.chain(kept_back) {
            let Some(pitch) = world.catalogue.pitch(pitch) else { continue };
            if let PitchKind::Session { session, capacity_ever, .. } = pitch.kind {
                for unit in span.first()..span.end() {
                    let places = sold.entry((session, day, unit)).or_default();
                    *places += u32::from(party_size);
                    if *places > u32::from(capacity_ever) {
                        fail(format!("{} on {day}: {places} of {capacity_ever} places are sold", pitch.code));
                    }
                }
                continue;
            }
            for leaf in pitch.leaves.clone() {
                let units = claimed.entry((leaf, day)).or_default();
                if units.overlaps(span.mask()) {
                    fail(format!("{} on {day}: {who} has what another has", pitch.code));
                }
                *units = units.union(span.mask());
            }
        }
        for pitch in world.catalogue.wholes() {
            for clock in world.days.iter() {
                let Some(on_day) = self.pitch_days.on(pitch, clock.day) else { continue };
                if let PitchKind::Session { session, .. } = pitch.kind {
                    for (span, slot) in pitch.grid.slots().zip(on_day.slots()) {
                        let counted = sold.get(&(session, clock.day, span.first())).copied().unwrap_or(0);
                        if u32::from(slot.sold()) != counted {
                            fail(format!(
                                "{} on {}: {} places are taken, {counted} sold",
                                pitch.code,
                                clock.day,
                                slot.sold()
                            ));
                        }
                    }
                    continue;
                }
                for (leaf, place) in pitch.leaves.clone().zip(on_day.leaves()) {
                    let counted = claimed.get(&(leaf, clock.day)).copied().unwrap_or_default();
                    if place.claimed() != counted {
                        fail(format!(
                            "{} on {}: {:?} is taken, {counted:?} sold",
                            pitch.code,
                            clock.day,
                            place.claimed()
                        ));
                    }
                }
            }
        }
    }

    fn audit_money(&self, violations: &mut Vec<Violation>) {
        let world = self.world();
        let mut fail = |what| violations.push(Violation { invariant: Invariant::I3MoneyConserved, what });
        let mut sum = i128::from(self.ledger.providers().get());
        for venue in world.catalogue.venues() {
            sum += i128::from(self.ledger.revenue(venue.no).get())
                + i128::from(self.ledger.till(venue.no).get());
        }
        let mut moved: HashMap<ResidentNo, i128> = HashMap::new();
        for booking in self.bookings.iter() {
            *moved.entry(booking.terms.resident).or_default() += i128::from(moved_in_wallet(&booking));
        }
        for top_up in self.top_ups.iter().filter(|top_up| !top_up.is_pending) {
            *moved.entry(top_up.resident).or_default() += i128::from(top_up.amount.get());
        }
        for (no, resident) in self.residents.iter() {
            let balance = resident.settled().get();
            sum += i128::from(balance);
            let begun_with =
                i128::from(resident.opening().get()) + i128::from(self.residents.carried(no).get());
            let counted = begun_with + moved.get(&no).copied().unwrap_or(0);
            // What was in the wallet of an account that is gone was paid back, all of it.
            let counted = if resident.is_erased() { counted.min(0) } else { counted };
            if balance < 0 || counted != i128::from(balance) {
                fail(format!("{no} has {balance}, and by bookings and top-ups {counted}"));
            }
            if resident.spendable() != resident.settled() {
                fail(format!("{no} may spend {} of {balance}", resident.spendable().get()));
            }
        }
        if sum != 0 {
            fail(format!("all accounts sum to {sum}"));
        }
    }

    fn audit_quotas(&self, violations: &mut Vec<Violation>) {
        let world = self.world();
        let mut fail = |what| violations.push(Violation { invariant: Invariant::I4QuotaKept, what });
        let mut by_day: HashMap<(ResidentNo, LocalDay), u32> = HashMap::new();
        let mut live: HashMap<ResidentNo, u32> = HashMap::new();
        for booking in self.bookings.iter().filter(|booking| booking.terms.payment == Payment::Wallet) {
            if booking.state.holds_units() {
                *by_day.entry((booking.terms.resident, booking.terms.day)).or_default() += 1;
            }
            *live.entry(booking.terms.resident).or_default() += u32::from(booking.state.is_live());
        }
        for (no, resident) in self.residents.iter() {
            for clock in world.days.iter() {
                let counted = by_day.get(&(no, clock.day)).copied().unwrap_or(0);
                let (day, _) = self.quotas.dense_counts(&resident.quota, clock.day);
                if day.is_some_and(|day| day != counted) {
                    fail(format!("{no} on {}: counted {day:?}, has {counted}", clock.day));
                }
            }
            let counted = live.get(&no).copied().unwrap_or(0);
            let (_, dense) = self.quotas.dense_counts(&resident.quota, world.days.first());
            if dense.is_some_and(|dense| dense != counted) {
                fail(format!("{no}: {dense:?} live are counted, {counted} are"));
            }
        }
        for count in self.quotas.mapped_counts() {
            let limit = match count.release() {
                Some(release) => world
                    .catalogue
                    .release(release)
                    .and_then(|release| release.def.limit_each())
                    .map_or(0, u32::from),
                None => usize::try_from(count.rule)
                    .ok()
                    .and_then(|index| self.quotas.rules().get(index))
                    .map_or(0, |rule| rule.limit),
            };
            if count.used > limit {
                fail(format!("{count:?} is over {limit}"));
            }
        }
    }

    /// Nothing was booked before its release, but for what was under way when the release was declared.
    fn audit_releases(&self, violations: &mut Vec<Violation>) {
        let world = self.world();
        let mut fail = |what| violations.push(Violation { invariant: Invariant::I8ReleaseKept, what });
        let online = |booking: &Booking| booking.terms.payment == Payment::Wallet && !booking.is_moved();
        for booking in self.bookings.iter().filter(online) {
            let release = booking.terms.release.and_then(|no| world.catalogue.release(no));
            let Some(release) = release.filter(|_| world.days.is_open(booking.terms.day)) else { continue };
            if self.draws.is_given(release.no, booking.no) {
                continue;
            }
            let opened_at = self.releases.opened_at(release.no, booking.terms.day);
            if opened_at.is_none_or(|opened_at| booking.created_at < opened_at) {
                fail(format!("{} was made before {} opened", booking.no, release.def.code));
            }
        }
    }

    fn opened(&self, world: &super::world::World) -> Vec<(u16, i32, i64)> {
        let mut opened = Vec::new();
        for release in world.catalogue.releases() {
            for clock in world.days.iter() {
                if let Some(at) = self.releases.opened_at(release.no, clock.day) {
                    opened.push((release.no.get(), clock.day.get(), at.get()));
                }
            }
        }
        opened
    }

    /// The state, to be compared with another.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let world = self.world();
        let mut digest = Digest {
            bookings: self.bookings.iter().collect(),
            quotas: self.quotas.mapped_counts(),
            requests: self.known.sorted(),
            draws: self.draws.digest(),
            queues: self.queues.digest(),
            returns: self.returns.digest(),
            revenue: world
                .catalogue
                .venues()
                .iter()
                .map(|venue| self.ledger.revenue(venue.no).get())
                .collect(),
            tills: world.catalogue.venues().iter().map(|venue| self.ledger.till(venue.no).get()).collect(),
            opened: self.opened(&world),
            staff_acts: self.audit_log.head(),
            providers: self.ledger.providers().get(),
            forgotten: (self.forgotten(), self.bookings.forgotten_below().get()),
            first_day: world.days.first().get(),
            last_day: world.days.last().map(LocalDay::get),
            ..Digest::default()
        };
        for (no, resident) in self.residents.iter() {
            let sessions =
                (0..super::log_ins::SESSION_SLOTS).map(|slot| resident.log_ins.generation(slot)).collect();
            let mut counts: Vec<u32> = world
                .days
                .iter()
                .filter_map(|clock| self.quotas.dense_counts(&resident.quota, clock.day).0)
                .collect();
            counts.push(resident.quota.live());
            digest.residents.push(ResidentDigest {
                no: no.get(),
                spendable: resident.spendable().get(),
                settled: resident.settled().get(),
                carried: self.residents.carried(no).get(),
                is_erased: resident.is_erased(),
                verified: (resident.verified().bits(), resident.household()),
                sessions,
                counts,
            });
        }
        for pitch in world.catalogue.wholes() {
            for clock in world.days.iter() {
                let Some(on_day) = self.pitch_days.on(pitch, clock.day) else { continue };
                for (leaf, place) in pitch.leaves.clone().zip(on_day.leaves()) {
                    let (claimed, closed) = (place.claimed().bits(), place.closed().bits());
                    digest.claimed.push((leaf, clock.day.get(), claimed, closed));
                }
                if !on_day.slots().is_empty() {
                    let sold = on_day.slots().iter().map(super::session::SlotCount::sold).collect();
                    digest.sold.push((pitch.no.get(), clock.day.get(), sold));
                }
            }
        }
        digest
    }
}

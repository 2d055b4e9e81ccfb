//! What came of a release: how much was offered and sold, how soon, to how many, where, and who went away with nothing.
//!
//! Counted from the bookings as they stand, also those that memory has no more and that whoever asks has brought, so it is the same for whoever counts, before a restart and after it; only the refusals are
//! those since the start. Amounts are half hours of the smallest parts, and of each place of a session: so everything that a release
//! has can be added up. A booking that was moved counts where it stands now.

use std::collections::{BTreeMap, HashMap};

use super::bookings::{Booking, BookingState, Payment};
use super::open_units::share;
use super::state::Engine;
use super::world::World;
use crate::domain::catalogue::{Pitch, PitchKind, Release};
use crate::domain::ids::{DistrictNo, ReleaseNo, ResidentNo};
use crate::domain::time::{LocalDay, UtcMillis};

/// After so many seconds it is told how much was sold.
pub const TOLD_AFTER_S: [u32; 7] = [1, 10, 60, 600, 3_600, 21_600, 86_400];
/// Whoever booked of another release, or another day of this one, so long before this opened, comes again.
pub const AGAIN_WITHIN_DAYS: u16 = 30;
const DAY_MS: i64 = 86_400_000;

/// What came of a release, for some days of play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseReport {
    /// When the first of the days opened; nothing where none has.
    pub opened_at: Option<UtcMillis>,
    pub half_hours: HalfHours,
    pub bookings: BookingCounts,
    /// When nothing was left for the first time.
    pub sold_out_at: Option<UtcMillis>,
    /// How many bookings were made within so many seconds from the opening of their day, those that were cancelled later too.
    pub within: Vec<(u32, u64)>,
    pub residents: ResidentCounts,
    /// Bookings by the venue's district.
    pub by_district: BTreeMap<DistrictNo, u64>,
    pub refused: BTreeMap<&'static str, u64>,
}

/// A report, and who may have come before without memory knowing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// In which they have not come before.
    pub report: ReleaseReport,
    pub undecided: Vec<ResidentNo>,
}

/// Since when somebody must have booked who comes again to a release that opens then.
#[must_use]
pub fn again_since(opened_at: UtcMillis) -> UtcMillis {
    opened_at.plus_ms(-i64::from(AGAIN_WITHIN_DAYS) * DAY_MS)
}

/// Half hours of the smallest parts and of each place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HalfHours {
    pub offered: u64,
    /// Of those offered, kept for the counter.
    pub for_counter: u64,
    pub sold: u64,
    pub sold_at_counter: u64,
    /// Held, and not paid yet.
    pub held: u64,
}

impl HalfHours {
    /// What is left for who books online.
    #[must_use]
    pub const fn left(&self) -> u64 {
        let kept = self.for_counter.saturating_sub(self.sold_at_counter);
        self.offered.saturating_sub(self.sold + self.held + kept)
    }
}

/// How many bookings there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BookingCounts {
    pub standing: u64,
    /// Of those standing, sold at the counter.
    pub at_counter: u64,
    pub held: u64,
    pub cancelled: u64,
    /// Held, and never paid.
    pub lapsed: u64,
    pub no_shows: u64,
}

/// How many residents have something of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResidentCounts {
    pub with_bookings: u64,
    /// How many have one booking, two, and so on.
    pub by_bookings: BTreeMap<u32, u64>,
    /// How many had one shortly before, too.
    pub again: u64,
}

impl Engine {
    /// What came of a release for some days of play. It takes a while where there are many bookings. `past` has the bookings of a whole's
    /// day that memory has no more.
    ///
    /// # Errors
    /// What `past` says of a day that it doesn't have.
    pub fn release_report<E>(
        &self,
        world: &World,
        release: &Release,
        days: &[LocalDay],
        past: impl Fn(&Pitch, LocalDay) -> Result<Vec<Booking>, E>,
    ) -> Result<Counted, E> {
        let opened = |day| self.releases.opened_at(release.no, day).map(|at| (day, at));
        let opened: HashMap<LocalDay, UtcMillis> = days.iter().filter_map(|day| opened(*day)).collect();
        let mut report = ReleaseReport {
            opened_at: opened.values().min().copied(),
            half_hours: HalfHours::default(),
            bookings: BookingCounts::default(),
            sold_out_at: None,
            within: TOLD_AFTER_S.map(|seconds| (seconds, 0)).to_vec(),
            residents: ResidentCounts::default(),
            by_district: BTreeMap::new(),
            refused: BTreeMap::new(),
        };
        let mut course = Vec::new();
        let mut held_by: HashMap<ResidentNo, u32> = HashMap::new();
        let wholes = release.def.pitches.iter().filter_map(|no| world.catalogue.pitch(*no));
        for (whole, day) in wholes.flat_map(|whole| days.iter().map(move |day| (whole, *day))) {
            if world.catalogue.release_of(whole, day).is_none_or(|governs| governs.no != release.no) {
                continue;
            }
            let open = self.units_open(world, whole, day);
            report.half_hours.offered += open;
            report.half_hours.for_counter += kept(release, whole, open);
            let mut of_district = 0;
            let bookings = self.bookings_of_day(world, whole, day).map_or_else(|| past(whole, day), Ok)?;
            for booking in bookings {
                let amount = share(world, &booking) * u64::from(booking.terms.span.count());
                report.count(&booking, amount, opened.get(&day).copied());
                course.extend(steps(&booking, amount));
                if is_standing(booking.state.settled()) {
                    of_district += 1;
                    *held_by.entry(booking.terms.resident).or_default() += 1;
                }
            }
            if let Some(venue) = world.catalogue.venue(whole.venue).filter(|_| of_district > 0) {
                *report.by_district.entry(venue.def.district).or_default() += of_district;
            }
        }
        for (name, count) in days.iter().flat_map(|day| self.release_refusals.of(release.no, *day)) {
            *report.refused.entry(name).or_default() += count;
        }
        report.sold_out_at = sold_out_at(course, report.half_hours);
        report.residents.with_bookings = held_by.len() as u64;
        let mut undecided = Vec::new();
        for (resident, count) in held_by {
            *report.residents.by_bookings.entry(count).or_default() += 1;
            let Some(opened_at) = report.opened_at else { continue };
            match self.had_some(world, resident, (release.no, days), opened_at) {
                Some(came_before) => report.residents.again += u64::from(came_before),
                None => undecided.push(resident),
            }
        }
        Ok(Counted { report, undecided })
    }

    /// Whether somebody booked of another release, or another day of this one, shortly before a moment; nothing where that may be among
    /// what is forgotten.
    fn had_some(
        &self,
        world: &World,
        resident: ResidentNo,
        (but, but_days): (ReleaseNo, &[LocalDay]),
        before: UtcMillis,
    ) -> Option<bool> {
        let Some(account) = self.residents.get(resident) else { return Some(false) };
        let since = again_since(before);
        let own = self.bookings.of_resident(&account.newest_booking);
        let came_before = own.kept.iter().take_while(|booking| booking.created_at >= since).any(|booking| {
            let is_of_this = |release| release == but && but_days.contains(&booking.terms.day);
            booking.created_at < before
                && is_standing(booking.state.settled())
                && booking.terms.release.is_some_and(|release| !is_of_this(release))
        });
        // What is forgotten was made before the first day that is not.
        let reaches_back = || {
            let forgotten = self.forgotten().before.filter(|_| own.had_more);
            forgotten.is_none_or(|first| world.clock_of(first).start_of(0) <= since)
        };
        if came_before || reaches_back() { Some(came_before) } else { None }
    }
}

impl ReleaseReport {
    fn count(&mut self, booking: &Booking, amount: u64, opened_at: Option<UtcMillis>) {
        let at_counter = booking.terms.payment == Payment::Counter;
        let state = booking.state.settled();
        if is_standing(state) {
            self.bookings.standing += 1;
            self.bookings.at_counter += u64::from(at_counter);
            self.bookings.no_shows += u64::from(state == BookingState::Missed);
            self.half_hours.sold += amount;
            self.half_hours.sold_at_counter += if at_counter { amount } else { 0 };
        } else if state == BookingState::Held {
            self.bookings.held += 1;
            self.half_hours.held += amount;
        } else if state == BookingState::Cancelled {
            self.bookings.cancelled += 1;
        } else if matches!(state, BookingState::GivenUp | BookingState::Expired) {
            self.bookings.lapsed += 1;
        }
        let Some(opened_at) = opened_at.filter(|_| state.is_paid() && !at_counter) else { return };
        let after_ms = booking.created_at.get() - opened_at.get();
        for (seconds, count) in &mut self.within {
            *count += u64::from(after_ms <= i64::from(*seconds) * 1000);
        }
    }
}

/// Whether it counts as sold.
const fn is_standing(state: BookingState) -> bool {
    state.is_paid() && !matches!(state, BookingState::Cancelled)
}

/// How much of what a pitch offers on a day is kept for the counter.
fn kept(release: &Release, whole: &Pitch, open: u64) -> u64 {
    if release.keeps(whole) {
        return open;
    }
    match whole.kind {
        PitchKind::Session { capacity, .. } => {
            let kept = u64::from(capacity - release.def.online(capacity));
            (open * kept).checked_div(u64::from(capacity)).unwrap_or(0)
        }
        PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => 0,
    }
}

/// What is taken and given back when.
struct Step {
    at: UtcMillis,
    taken: i64,
    at_counter: bool,
}

fn steps(booking: &Booking, amount: u64) -> impl Iterator<Item = Step> {
    let amount = i64::try_from(amount).unwrap_or(0);
    let at_counter = booking.terms.payment == Payment::Counter;
    let state = booking.state.settled();
    let taken = state.is_paid().then_some(Step { at: booking.created_at, taken: amount, at_counter });
    let given_back = (state == BookingState::Cancelled).then_some(Step {
        at: booking.changed_at,
        taken: -amount,
        at_counter,
    });
    taken.into_iter().chain(given_back)
}

/// When nothing was left for who books online, for the first time.
fn sold_out_at(mut course: Vec<Step>, half_hours: HalfHours) -> Option<UtcMillis> {
    course.sort_by_key(|step| step.at);
    let (mut sold, mut at_counter) = (0, 0);
    for step in course {
        sold += step.taken;
        at_counter += if step.at_counter { step.taken } else { 0 };
        let now = HalfHours {
            sold: u64::try_from(sold).unwrap_or(0),
            sold_at_counter: u64::try_from(at_counter).unwrap_or(0),
            held: 0,
            ..half_hours
        };
        if now.left() == 0 {
            return Some(step.at);
        }
    }
    None
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::*;

    const OFFER: HalfHours = HalfHours { offered: 10, for_counter: 3, sold: 0, sold_at_counter: 0, held: 0 };

    fn step(at: i64, taken: i64, at_counter: bool) -> Step {
        Step { at: UtcMillis::new(at), taken, at_counter }
    }

    #[test]
    fn what_is_kept_for_the_counter_is_not_left_for_others() {
        assert_eq!(OFFER.left(), 7);
        assert_eq!(HalfHours { sold: 7, ..OFFER }.left(), 0);
        assert_eq!(HalfHours { sold: 7, sold_at_counter: 2, ..OFFER }.left(), 2);
        assert_eq!(
            HalfHours { sold: 9, sold_at_counter: 5, ..OFFER }.left(),
            1,
            "it sells more than its share"
        );
        assert_eq!(HalfHours { sold: 5, held: 2, ..OFFER }.left(), 0);
    }

    #[test]
    fn sold_out_is_when_nothing_was_left_for_the_first_time() {
        let course = || vec![step(30, 4, false), step(10, 5, false), step(20, -2, false), step(40, 1, true)];
        assert_eq!(sold_out_at(course(), OFFER), Some(UtcMillis::new(30)));
        assert_eq!(sold_out_at(course(), HalfHours { offered: 11, ..OFFER }), None);
        let given_back = vec![step(1, 7, false), step(2, -7, false)];
        assert_eq!(sold_out_at(given_back, OFFER), Some(UtcMillis::new(1)), "though there is some again");
    }
}

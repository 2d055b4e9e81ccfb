//! The draw of a release: its list is settled when the window has closed, it is drawn when the public value is known, and then each
//! winner gets a hold to pay; what isn't paid passes to the next of the reserve, until the rest is sold to who comes first.

use std::collections::HashMap;
use std::sync::Arc;

use super::claim::Purpose;
use super::draws::{Cell, cells_of, slots_of};
use super::draws::{Prize, PublicDraw, Round, SealedList, Stage, request_of};
use super::lane::Ticket;
use super::refusal::Refusal;
use super::releases::kept_places;
use super::state::{CommandLane, Engine};
use super::world::World;
use crate::domain::catalogue::{Pitch, PitchKind, Release};
use crate::domain::draw::{EntryId, Outcome, Seed, draw, is_value, left_over};
use crate::domain::event::{DrawDone, DrawSealed, Event, PrizeLapsed, StaffActed, Stock};
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::domain::lottery::Wish;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;

/// Nobody moves up who would have less time to pay.
const LEAST_TO_PAY_MS: i64 = 60_000;

/// A draw that was computed and is not made yet.
pub struct Computed {
    release: ReleaseNo,
    event: DrawDone,
    outcome: Arc<Outcome>,
}

impl Engine {
    /// How far a release's draw has come; nothing when it isn't drawn by lot.
    #[must_use]
    pub fn draw_stage(&self, release: ReleaseNo) -> Option<Stage> {
        self.draws.with(release, |round| round.stage())
    }

    /// Computes a draw. It takes its time, so it is no command: nothing is held meanwhile.
    ///
    /// # Errors
    /// `NotReleased` before its time, `TooLate` when it is drawn, `NotFound` when nothing is.
    pub fn compute_draw(
        &self,
        release: &str,
        seed: Seed,
        value: &str,
        now: UtcMillis,
    ) -> Result<Computed, Refusal> {
        let world = self.world.load();
        let release = world.catalogue.release_by_code(release).ok_or(Refusal::NotFound)?;
        let terms = release.def.lottery.as_deref().ok_or(Refusal::NotFound)?;
        let not_yet = Refusal::NotReleased { releases_at: terms.draw_at };
        let sealed = match self.draw_stage(release.no).ok_or(Refusal::NotFound)? {
            Stage::Drawn(..) => return Err(Refusal::TooLate),
            Stage::Sealed(sealed) if now >= terms.draw_at => sealed,
            Stage::Sealed(_) | Stage::Open { .. } => return Err(not_yet),
        };
        assert!(seed.commitment() == terms.commitment, "I8: this is not the seed that was committed to");
        assert!(is_value(value), "I8: this is no public value");
        let outcome = draw(&sealed.list, &seed.mixed(&sealed.root, value));
        let event = DrawDone { release: release.no, seed, outcome: outcome.hash(), value: value.into() };
        Ok(Computed { release: release.no, event, outcome: Arc::new(outcome) })
    }

    /// Makes a draw that was computed, once.
    ///
    /// # Errors
    /// `Overloaded`, or `TooLate` when another is made already, or being made.
    pub fn make_draw(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        computed: Computed,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let permit = lane.owner.permit()?;
        let Computed { release, event, outcome } = computed;
        let begun = self.draws.with(release, |round| {
            if round.drawn().is_some() || round.drawing.is_some() {
                return Err(Refusal::TooLate);
            }
            round.drawing = Some(outcome);
            Ok(())
        });
        begun.unwrap_or(Err(Refusal::NotFound))?;
        let action = Box::new(Event::DrawDone(Box::new(event)));
        Ok(permit.push(Event::StaffActed(StaffActed { by, action })))
    }

    /// The list of a round, with what there is at this moment, or as it was recorded.
    pub(super) fn list_of(
        &self,
        world: &World,
        release: ReleaseNo,
        recorded: Option<&Stock>,
    ) -> Option<SealedList> {
        let release = world.catalogue.release(release)?;
        // Copied, so that nobody waits while very many are sorted.
        let (rows, wishes) =
            self.draws.with(release.no, |round| (round.rows().to_vec(), round.wishes().to_vec()))?;
        SealedList::of(&world.catalogue, release, &rows, &wishes, |cells, wishes| match recorded {
            Some(stock) => stock.clone(),
            None => Stock::by(cells, &self.free_of(world, release, wishes)),
        })
    }

    /// What there is online of all that these wishes take.
    fn free_of(&self, world: &World, release: &Release, wishes: &[(&Pitch, Wish)]) -> HashMap<Cell, u16> {
        let mut free = HashMap::new();
        for (pitch, wish) in wishes {
            if !world.days.is_open(wish.day) {
                continue;
            }
            let Some(on_day) = self.pitch_days.on(pitch, wish.day) else { continue };
            let cells = cells_of(pitch, wish);
            if matches!(pitch.kind, PitchKind::Session { .. }) {
                let kept = kept_places(Some(release), pitch);
                for (cell, slot) in cells.into_iter().zip(slots_of(pitch, wish.span())) {
                    let left = if on_day.is_closed(slot) { 0 } else { on_day.left(slot, kept) };
                    free.insert(cell, left);
                }
                continue;
            }
            for (leaf, place) in pitch.leaves.clone().zip(on_day.leaves()) {
                let taken = place.claimed().union(place.closed());
                for unit in wish.span().first()..wish.span().end() {
                    let is_free = UnitSpan::new(unit, 1).is_ok_and(|one| !taken.overlaps(one.mask()));
                    free.insert(Cell::HalfHour { leaf, day: wish.day, unit }, u16::from(is_free));
                }
            }
        }
        free
    }

    /// It is drawn. By the committer, and by the replay.
    pub(super) fn settle_draw(&self, at: UtcMillis, event: &DrawDone) {
        self.draws.with(event.release, |round| {
            let Some(sealed) = round.sealed().cloned() else { return };
            let repeat = || Arc::new(draw(&sealed.list, &event.seed.mixed(&sealed.root, &event.value)));
            let outcome = round.drawing.take().unwrap_or_else(repeat);
            let (seed, value) = (event.seed, event.value.clone());
            let file = std::sync::OnceLock::new();
            round.finish(Arc::new(PublicDraw { seed, value, outcome, at, file }));
        });
    }
}

/// The draws that time moves on. One a city, with the timekeeper.
#[derive(Default)]
pub(super) struct Drawing {
    sealing: HashMap<ReleaseNo, Ticket>,
    giving: HashMap<ReleaseNo, Giving>,
}

/// How far the prizes of a draw are given.
#[derive(Default)]
struct Giving {
    /// Places of the order before this one are dealt with.
    next: usize,
    under_way: Vec<Ticket>,
}

/// A slot for an entry.
struct Gift {
    place: usize,
    entry: u32,
    id: EntryId,
    resident: ResidentNo,
    party: u16,
    wish: Wish,
}

/// What became of a gift.
enum Given {
    Queued(Ticket),
    /// It can't be placed now.
    Later,
    /// It is sold or closed, whatever the list says.
    Gone,
}

impl Drawing {
    /// Does what is due, with so many records at most. Returns whether more is to be done at once.
    pub(super) fn tick(
        &mut self,
        engine: &Engine,
        lane: &CommandLane,
        now: UtcMillis,
        records_max: usize,
    ) -> bool {
        let mut records = records_max;
        for no in engine.draws.releases() {
            let world = engine.world();
            let Some(release) = world.catalogue.release(no) else { continue };
            match engine.draw_stage(no) {
                Some(Stage::Open { .. }) => self.seal(engine, &world, lane, release, now),
                Some(Stage::Drawn(sealed, _)) => {
                    self.give(engine, &world, lane, (release, &sealed), now, &mut records);
                }
                Some(Stage::Sealed(_)) | None => {}
            }
        }
        records == 0
    }

    /// A window has closed: its list, once all that was entered is durable.
    fn seal(
        &mut self,
        engine: &Engine,
        world: &World,
        lane: &CommandLane,
        release: &Release,
        now: UtcMillis,
    ) {
        let no = release.no;
        let Some(terms) = release.def.lottery.as_deref().filter(|terms| terms.until <= now) else { return };
        debug_assert!(terms.is_sound());
        let intake = lane.owner.intake();
        self.sealing.retain(|_, ticket| intake.outcome(*ticket).is_none());
        if self.sealing.contains_key(&no) || engine.draws.with(no, Round::close) != Some(true) {
            return;
        }
        let _command = lane.owner.begin_command();
        let Ok(permit) = lane.owner.permit() else { return };
        let Some(list) = engine.list_of(world, no, None) else { return };
        let count = u32::try_from(list.list.entries.len()).unwrap_or(u32::MAX);
        let event = DrawSealed { release: no, count, root: list.root, stock: list.stock.clone() };
        engine.draws.with(no, |round| round.sealing = Some(Arc::new(list)));
        self.sealing.insert(no, permit.push(Event::DrawSealed(Box::new(event))));
    }

    /// Holds for who has won; then, what came back for who waits in reserve.
    fn give(
        &mut self,
        engine: &Engine,
        world: &World,
        lane: &CommandLane,
        (release, sealed): (&Release, &SealedList),
        now: UtcMillis,
        records: &mut usize,
    ) {
        let giving = self.giving.entry(release.no).or_default();
        let intake = lane.owner.intake();
        giving.under_way.retain(|ticket| intake.outcome(*ticket).is_none());
        let gifts =
            engine.draws.with(release.no, |round| round.due(giving.next, *records)).unwrap_or_default();
        for gift in gifts {
            match engine.give(world, lane, release, &gift, now) {
                Given::Queued(ticket) => giving.under_way.push(ticket),
                Given::Later => return,
                Given::Gone => match engine.lapse(lane, release.no, gift.id) {
                    Some(ticket) => giving.under_way.push(ticket),
                    None => return,
                },
            }
            giving.next = gift.place + 1;
            *records = records.saturating_sub(1);
        }
        if *records == 0 || !giving.under_way.is_empty() {
            return;
        }
        let is_over = release.def.last_day.is_none_or(|last| engine.rest_is_sold(world, release, last, now));
        let has_due =
            engine.draws.with(release.no, |round| round.drawn().is_some_and(|drawn| drawn.has_due()));
        if has_due == Some(true) {
            // Some record came to nothing: from the beginning, for who has a hold is passed over.
            giving.next = 0;
        } else if !is_over {
            giving.serve_reserve(engine, world, lane, (release, sealed), now, records);
        }
    }
}

impl Giving {
    fn serve_reserve(
        &mut self,
        engine: &Engine,
        world: &World,
        lane: &CommandLane,
        (release, sealed): (&Release, &SealedList),
        now: UtcMillis,
        records: &mut usize,
    ) {
        let is_sold = |wish: &Wish| engine.rest_is_sold(world, release, wish.day, now);
        let gifts = engine.draws.with(release.no, |round| round.served(engine, sealed, is_sold, *records));
        let Some(gifts) = gifts.flatten() else { return };
        let mut is_to_be_looked_at = gifts.len() == *records;
        for gift in gifts {
            match engine.give(world, lane, release, &gift, now) {
                Given::Queued(ticket) => self.under_way.push(ticket),
                Given::Later => is_to_be_looked_at = true,
                // A limit of his own is in his way, or it is closed: it isn't offered to him again.
                Given::Gone => match engine.lapse(lane, release.no, gift.id) {
                    Some(ticket) => self.under_way.push(ticket),
                    None => is_to_be_looked_at = true,
                },
            }
            *records = records.saturating_sub(1);
        }
        if is_to_be_looked_at {
            engine.draws.note_freed(Some(release.no));
        }
    }
}

impl Round {
    /// The next holds that are to be placed.
    fn due(&self, from: usize, most: usize) -> Vec<Gift> {
        let due = self.drawn().into_iter().flat_map(|drawn| drawn.due_from(from));
        due.take(most).filter_map(|(place, entry, option)| self.gift(place, entry, option)).collect()
    }

    /// Whom of the reserve something can be given that came back; nothing when nothing did.
    fn served(
        &mut self,
        engine: &Engine,
        sealed: &SealedList,
        is_sold: impl Fn(&Wish) -> bool,
        most: usize,
    ) -> Option<Vec<Gift>> {
        if !self.drawn_mut()?.take_look() {
            return None;
        }
        let drawn = self.drawn()?;
        let has = |(entry, prize): (u32, &Prize)| match prize {
            Prize::Due(option) => Some((entry, *option)),
            Prize::Held { option, booking } => {
                // What is forgotten was played long ago, or called off too late for anybody to have it.
                let has_it = engine.bookings.is_forgotten(*booking)
                    || engine.bookings.get(*booking).is_some_and(|booking| booking.state.holds_units());
                has_it.then_some((entry, *option))
            }
            Prize::Reserve | Prize::Lapsed => None,
        };
        let mut left = left_over(&sealed.list, (0..).zip(drawn.prizes()).filter_map(has));
        for (option, no) in sealed.list.options.iter().zip(0..) {
            if sealed.wish(no).is_some_and(|wish| is_sold(&wish)) {
                for cell in option.cells.iter().filter_map(|cell| usize::try_from(*cell).ok()) {
                    left.get_mut(cell).into_iter().for_each(|left| *left = 0);
                }
            }
        }
        let served = drawn.served(sealed, &mut left, most);
        Some(served.into_iter().filter_map(|(entry, option)| self.gift(0, entry, option)).collect())
    }

    fn gift(&self, place: usize, entry: u32, option: u32) -> Option<Gift> {
        let row = self.owner_of(entry)?;
        let wish = self.sealed()?.wish(option)?;
        Some(Gift { place, entry, id: row.id, resident: row.resident, party: row.party, wish })
    }
}

impl Engine {
    /// Places the hold that an entry got.
    fn give(
        &self,
        world: &World,
        lane: &CommandLane,
        release: &Release,
        gift: &Gift,
        now: UtcMillis,
    ) -> Given {
        let (Some(terms), Some(pitch)) =
            (release.def.lottery.as_deref(), world.catalogue.pitch(gift.wish.pitch))
        else {
            return Given::Gone;
        };
        let rest_sold_at = release.def.opens_at(world.catalogue.zone(), gift.wish.day);
        let begins_at = world.clock_of(gift.wish.day).start(gift.wish.span());
        let expires_at = terms.deadline(now, rest_sold_at).min(begins_at);
        if begins_at <= now {
            return Given::Gone;
        }
        let request = request_of(gift.id, gift.entry);
        let prize = Purpose::Prize { expires_at };
        match self.hold_prize(
            lane,
            world,
            (gift.resident, request),
            (pitch, release),
            gift.wish,
            (gift.party, prize),
        ) {
            Ok(Some(ticket)) => Given::Queued(ticket),
            // One of its kind is under way.
            Ok(None) | Err(Refusal::Overloaded) => Given::Later,
            Err(_) => Given::Gone,
        }
    }

    fn lapse(&self, lane: &CommandLane, release: ReleaseNo, id: EntryId) -> Option<Ticket> {
        let _command = lane.owner.begin_command();
        let permit = lane.owner.permit().ok()?;
        Some(permit.push(Event::PrizeLapsed(PrizeLapsed { release, id })))
    }

    /// Whether the rest of a day is sold to who comes first, or so soon that nobody could pay before.
    fn rest_is_sold(&self, world: &World, release: &Release, day: LocalDay, now: UtcMillis) -> bool {
        let opens_at = release.def.opens_at(world.catalogue.zone(), day);
        self.releases.opened_at(release.no, day).is_some() || opens_at.since_ms(now) < LEAST_TO_PAY_MS
    }
}

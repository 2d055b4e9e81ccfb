//! What is given back, what comes back, and the check that it came back when chance said so (I8).

use super::{CameBack, Waiting};
use crate::domain::event::{OfReturn, ReturnSeedShown, SlotReturned};
use crate::domain::invariant::Invariant;
use crate::domain::release::ReleaseDef;
use crate::domain::returned::GivenBack;
use crate::domain::time::UtcMillis;
use crate::domain::units::UnitMask;
use crate::engine::bookings::Terms;
use crate::engine::move_booking::seller_of;
use crate::engine::replay::ReplayError;
use crate::engine::state::Engine;
use crate::engine::world::World;

/// How far a clock is believed that is set back: a record may be stamped so much earlier than the moment at which it was proposed.
const CLOCK_STEP_MS: i64 = 10_000;

impl Engine {
    /// Keeps back what a booking had, where its release says so. Returns whether it did.
    ///
    /// Before its release has opened for everybody what isn't paid goes to the reserve of its draw, which nobody can watch for: so that
    /// has it at once. So has what is bought of the counter's share before.
    pub(in crate::engine) fn keep_back(
        &self,
        world: &World,
        at: UtcMillis,
        terms: &Terms,
        units: UnitMask,
    ) -> bool {
        #[cfg(feature = "planted-bugs")]
        if crate::engine::planted::is_on(crate::engine::planted::Bug::ReturnAtOnce) {
            return false;
        }
        let release = terms.release.and_then(|no| world.catalogue.release(no));
        let Some(release) = release.filter(|release| release.def.returned.is_some()) else { return false };
        let is_ahead = world.days.clock(terms.day).is_some_and(|clock| at < clock.start(terms.span));
        if !is_ahead || self.releases.opened_at(release.no, terms.day).is_none() {
            return false;
        }
        for span in units.runs() {
            self.returns.keep(Waiting {
                pitch: terms.pitch,
                day: terms.day,
                span,
                party_size: terms.party_size,
                seller: seller_of(terms),
                release: release.no,
                given_back_at: at,
            });
        }
        true
    }

    /// Shows what a durable record says. By the committer, and by the replay.
    pub(in crate::engine) fn settle_of_return(&self, world: &World, at: UtcMillis, event: &OfReturn) {
        match event {
            OfReturn::Returned(event) => self.settle_returned(world, at, *event),
            OfReturn::Shown(event) => self.returns.show(event.release, event.seed),
        }
    }

    fn settle_returned(&self, world: &World, at: UtcMillis, event: SlotReturned) {
        let Some(waiting) = self.returns.take(event.no) else { return };
        if let Some(pitch) = world.catalogue.pitch(waiting.pitch)
            && let Some(on_day) = self.pitch_days.on(pitch, waiting.day)
        {
            on_day.free(waiting.span, waiting.party_size, waiting.seller);
        }
        let release = world.catalogue.release(waiting.release);
        if release.is_some_and(|release| release.def.last_day.is_some()) {
            self.returns.note_back(CameBack { was: waiting, at });
        }
        self.draws.note_freed(Some(waiting.release));
        self.tell(world, waiting.pitch, waiting.day);
    }

    /// What a record took that will never be in the log.
    pub(in crate::engine) fn undo_of_return(&self, event: &OfReturn) {
        match event {
            OfReturn::Returned(event) => self.returns.see_again(event.no),
            OfReturn::Shown(_) => {}
        }
    }

    /// Judges a record at replay.
    pub(in crate::engine) fn return_again(&self, world: &World, event: &OfReturn) -> Result<(), ReplayError> {
        let broken = |what: String| ReplayError::Broken { invariant: Invariant::I8ReleaseKept, what };
        match event {
            OfReturn::Returned(SlotReturned { no, day }) => {
                let waits = self.returns.get(*no).is_some_and(|waiting| waiting.day == *day);
                // With its day it was dropped, and its record may have been on its way.
                let is_over = *day < world.days.first() && self.returns.is_given(*no);
                let what = || broken(format!("{no} comes back twice, or was never given back"));
                if waits || is_over { Ok(()) } else { Err(what()) }
            }
            OfReturn::Shown(ReturnSeedShown { release, seed }) => {
                let def = world.catalogue.release(*release).map(|release| &release.def);
                let terms = def.and_then(|def| def.returned.as_deref());
                let terms = terms.filter(|terms| terms.commitment == seed.commitment());
                let terms = terms.ok_or_else(|| {
                    broken(format!("the seed of {release}'s returns is not what was committed to"))
                })?;
                for came_back in self.returns.came_back(*release) {
                    let given = given_back(world, &came_back.was);
                    let due = given.map(|given| terms.comes_back_at(seed, &given));
                    if due.is_none_or(|due| came_back.at.plus_ms(CLOCK_STEP_MS) < due) {
                        return Err(broken(format!("{came_back:?} came back before its moment, {due:?}")));
                    }
                }
                Ok(())
            }
        }
    }
}

/// What is hashed of something that waits; nothing when its pitch is not there.
pub(in crate::engine) fn given_back<'a>(world: &'a World, waiting: &Waiting) -> Option<GivenBack<'a>> {
    let pitch = world.catalogue.pitch(waiting.pitch)?;
    Some(GivenBack {
        pitch: pitch.code.as_str(),
        day: waiting.day,
        span: waiting.span,
        at: waiting.given_back_at,
        starts_at: world.clock_of(waiting.day).start(waiting.span),
    })
}

/// Whether a release's seed may be shown: its last day is over, and it has one.
pub(in crate::engine) fn may_show(world: &World, def: &ReleaseDef) -> bool {
    def.returned.is_some() && def.last_day.is_some_and(|last| last < world.days.first())
}

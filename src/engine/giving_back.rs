//! What time brings to what was given back: it comes to sale again at the moment that chance has drawn for it, and when a release's last day
//! is over its seed is shown, by which anybody can check those moments.

use std::collections::{HashMap, VecDeque};

use super::lane::Ticket;
use super::returns::{Waiting, given_back, may_show};
use super::serving::SeedOf;
use super::state::{CommandLane, Engine};
use super::wheel::Wheel;
use super::world::World;
use crate::domain::catalogue::Release;
use crate::domain::draw::Seed;
use crate::domain::event::{Event, OfReturn, ReturnSeedShown, SlotReturned};
use crate::domain::ids::{ReleaseNo, ReturnNo};
use crate::domain::time::{LocalDay, UtcMillis};

/// The timers of what was given back. One a city, with the timekeeper.
pub(super) struct GivingBack {
    seeds: Option<SeedOf>,
    wheel: Wheel<(ReturnNo, LocalDay)>,
    /// What is due and found no room in the lane.
    due: VecDeque<(ReturnNo, LocalDay)>,
    /// Seeds whose record is under way.
    showing: HashMap<ReleaseNo, Ticket>,
}

impl Default for GivingBack {
    fn default() -> Self {
        let wheel = Wheel::new(UtcMillis::new(0));
        Self { seeds: None, wheel, due: VecDeque::new(), showing: HashMap::new() }
    }
}

impl GivingBack {
    pub(super) fn with_seeds(seeds: SeedOf) -> Self {
        Self { seeds: Some(seeds), ..Self::default() }
    }

    /// Does what is due, with at most so many records. Returns whether more is to be done at once.
    pub(super) fn tick(
        &mut self,
        engine: &Engine,
        lane: &CommandLane,
        now: UtcMillis,
        records_max: usize,
    ) -> bool {
        let world = engine.world();
        for (no, waiting) in engine.returns.take_unseen() {
            self.wheel.insert(self.due_at(&world, &waiting), (no, waiting.day));
        }
        self.wheel.turn(now, |due| self.due.push_back(due));
        for _ in 0..records_max {
            let Some((no, day)) = self.due.front().copied() else { break };
            let _command = lane.owner.begin_command();
            let Ok(permit) = lane.owner.permit() else { return true };
            self.due.pop_front();
            // With its day it was dropped.
            if engine.returns.get(no).is_some() {
                permit.push(Event::OfReturn(OfReturn::Returned(SlotReturned { no, day })));
            }
        }
        self.show_seeds(engine, &world, lane);
        !self.due.is_empty()
    }

    /// When something comes back. Where nobody knows the seed that was committed to, as in a city that was copied under another master
    /// key, it does so at the window's end.
    fn due_at(&self, world: &World, waiting: &Waiting) -> UtcMillis {
        let release = world.catalogue.release(waiting.release);
        let terms = release.and_then(|release| release.def.returned.as_deref());
        let Some((terms, given)) = terms.zip(given_back(world, waiting)) else {
            return waiting.given_back_at;
        };
        match release.and_then(|release| self.seed(release)) {
            Some(seed) => terms.comes_back_at(&seed, &given),
            None => terms.comes_back_by(&given),
        }
    }

    /// The seed of a release, where it is what was committed to.
    fn seed(&self, release: &Release) -> Option<Seed> {
        let terms = release.def.returned.as_deref()?;
        let seed = self.seeds.as_ref()?(release.def.code.as_str(), &terms.salt.0);
        (seed.commitment() == terms.commitment).then_some(seed)
    }

    fn show_seeds(&mut self, engine: &Engine, world: &World, lane: &CommandLane) {
        let intake = lane.owner.intake();
        self.showing.retain(|_, ticket| intake.outcome(*ticket).is_none());
        for release in world.catalogue.releases().iter().filter(|release| may_show(world, &release.def)) {
            if engine.returns.seed_shown(release.no).is_some() || self.showing.contains_key(&release.no) {
                continue;
            }
            let Some(seed) = self.seed(release) else { continue };
            let _command = lane.owner.begin_command();
            let Ok(permit) = lane.owner.permit() else { return };
            let shown = ReturnSeedShown { release: release.no, seed };
            self.showing.insert(release.no, permit.push(Event::OfReturn(OfReturn::Shown(shown))));
        }
    }
}

//! What time brings to queues: a line opens at its instant, and then moves on as far as there is room.
//!
//! At most one record a tick for each line, so some ten a second. So many have their turn at once as the release says, no more than what is
//! left can serve, and fewer or none while the engine has much to write: a line stands still before a booking is refused for want of room.

use std::collections::HashMap;
use std::sync::Arc;

use super::lane::{Queued, Ticket};
use super::queues::{Line, Order, places_left};
use super::state::{CommandLane, Engine};
use super::world::World;
use crate::domain::catalogue::Release;
use crate::domain::draw::Seed;
use crate::domain::event::{Event, OfQueue, QueueOpened, QueueServed};
use crate::domain::ids::ReleaseNo;
use crate::domain::time::UtcMillis;

/// Makes a seed of a release, of its code and salt.
pub type SeedOf = Box<dyn Fn(&str, &[u8; 16]) -> Seed + Send>;

/// How many have their turn begin with one record at most, so that the committer isn't kept.
const STEP_MAX: u32 = 5000;
/// A line comes to its full number in so many steps, so that not all begin in the same moment.
const STEPS_TO_FULL: u32 = 10;
/// From so full a lane on, in a thousand, a line moves at a quarter of its pace, and from so full a one it stands still.
const SLOWER_FROM: u32 = 250;
const STILL_FROM: u32 = 500;
/// How often it is looked whether anything is left, when nobody waits or nothing is.
const LOOK_MS: i64 = 500;

/// The queues that time moves on. One a city, with the timekeeper.
#[derive(Default)]
pub(super) struct Serving {
    seeds: Option<SeedOf>,
    lines: HashMap<ReleaseNo, Progress>,
}

/// How far a line is being moved on.
#[derive(Default)]
struct Progress {
    /// What had been asked for when the instant came.
    before_instant: Option<Queued>,
    under_way: Option<Ticket>,
    /// When it is looked at again, where that isn't at once.
    looks_at: Option<UtcMillis>,
    is_sold_out: bool,
}

/// What is to be done about a line.
enum Due {
    Nothing,
    Open,
    /// It moves, when somebody waits and there is room.
    Serve {
        waiting: u32,
        acting: u32,
        at_once: u32,
    },
}

fn due(line: &Line, now: UtcMillis) -> Due {
    if line.has_ended() {
        Due::Nothing
    } else if line.has_opened() {
        Due::Serve { waiting: line.waiting(), acting: line.acting(now), at_once: line.terms.at_once }
    } else if line.terms.opens_at <= now {
        Due::Open
    } else {
        Due::Nothing
    }
}

impl Serving {
    pub(super) fn with_seeds(seeds: SeedOf) -> Self {
        Self { seeds: Some(seeds), lines: HashMap::new() }
    }

    /// Does what is due. Returns whether more is to be done at once.
    pub(super) fn tick(&mut self, engine: &Engine, lane: &CommandLane, now: UtcMillis) -> bool {
        let mut more = false;
        let intake = lane.owner.intake();
        for no in engine.queues.releases() {
            let progress = self.lines.entry(no).or_default();
            progress.under_way = progress.under_way.filter(|ticket| intake.outcome(*ticket).is_none());
            if progress.under_way.is_some() {
                continue;
            }
            let world = engine.world();
            let Some(release) = world.catalogue.release(no) else { continue };
            match engine.queues.with(no, |line| due(line, now)) {
                Some(Due::Open) => {
                    if let Some(seeds) = &self.seeds {
                        more |= progress.open(engine, lane, release, seeds);
                    }
                }
                Some(Due::Serve { waiting, acting, at_once }) => {
                    let room = at_once.saturating_sub(acting);
                    progress.serve(engine, &world, lane, release, (waiting, acting, room), now);
                }
                Some(Due::Nothing) | None => {}
            }
        }
        more
    }
}

impl Progress {
    /// The instant has come. All that was asked for before it is waited for: those are the ones who came early.
    fn open(&mut self, engine: &Engine, lane: &CommandLane, release: &Release, seeds: &SeedOf) -> bool {
        let intake = lane.owner.intake();
        let before = self.before_instant.get_or_insert_with(|| intake.queued_before());
        if !intake.is_settled(before) {
            return true;
        }
        let Some(terms) = release.def.queue.as_deref() else { return false };
        let seed = seeds(release.def.code.as_str(), &terms.salt.0);
        if seed.commitment() != terms.commitment {
            // A city that was copied under another master key can't open what it has not committed to.
            return false;
        }
        let Some(early) = engine.queues.with(release.no, |line| line.count()) else { return false };
        // Of a million it takes a while, and nobody is kept waiting by it: the order isn't the line's yet.
        let order = Arc::new(Order::of(&seed, early));
        let _command = lane.owner.begin_command();
        let Ok(permit) = lane.owner.permit() else { return true };
        engine.queues.with(release.no, |line| line.opening = Some(order));
        let opened = QueueOpened { release: release.no, early, seed };
        self.under_way = Some(permit.push(Event::OfQueue(OfQueue::Opened(opened))));
        self.before_instant = None;
        true
    }

    fn serve(
        &mut self,
        engine: &Engine,
        world: &World,
        lane: &CommandLane,
        release: &Release,
        (waiting, acting, room): (u32, u32, u32),
        now: UtcMillis,
    ) {
        // Who comes where nobody waits is served with the next tick.
        let is_to_wait = waiting == 0 || self.is_sold_out;
        if is_to_wait && self.looks_at.is_some_and(|at| now < at) {
            return;
        }
        // So many more than act could act, when so much is left; a few more than that, for some will book nothing.
        let wanted = acting.saturating_add(room.min(waiting).max(1));
        let left = places_left(engine, world, release, now, wanted);
        engine.queues.with(release.no, |line| line.is_sold_out = left == 0);
        self.is_sold_out = left == 0;
        self.looks_at = Some(now.plus_ms(LOOK_MS));
        let served_at_most = left.saturating_add(left.div_ceil(OVERCOMMIT)).saturating_sub(acting);
        let admitted_max = room.min(served_at_most).min(step(engine, lane, room.saturating_add(acting)));
        if waiting == 0 || admitted_max == 0 {
            return;
        }
        let Some(up_to) = engine.queues.with(release.no, |line| line.next_up_to(admitted_max)).flatten()
        else {
            return;
        };
        let _command = lane.owner.begin_command();
        let Ok(permit) = lane.owner.permit() else { return };
        let served = QueueServed { release: release.no, up_to };
        self.under_way = Some(permit.push(Event::OfQueue(OfQueue::Served(served))));
    }
}

/// One in so many of what is left is added to whom it can be the turn of.
const OVERCOMMIT: u32 = 8;

/// How many more may begin their turn in one step, by how much the engine has to write.
fn step(engine: &Engine, lane: &CommandLane, at_once: u32) -> u32 {
    let full = at_once.div_ceil(STEPS_TO_FULL).clamp(1, STEP_MAX);
    let fill = lane.owner.intake().fill_permille();
    if fill >= STILL_FROM || engine.expect_room().is_err() {
        0
    } else if fill >= SLOWER_FROM {
        full.div_ceil(4)
    } else {
        full
    }
}

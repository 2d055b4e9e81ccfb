//! A worker's hub: it looks at the ring of changes and wakes the streams that a change is for.
//!
//! Runs while anybody listens. Besides changes it wakes everybody at each quarter of an hour, for slots that begin (wherever
//! the city lies, its half hours begin at one), and each stream once in fifteen seconds, so that its connection is seen to live.
//! That look also rights what was shown of a claim that came to nothing before it was queued.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{MissedTickBehavior, interval};

use super::pulse::{Ask, Pulse};
use crate::api::problem::Problem;
use crate::api::runtime;
use crate::domain::clock::Clock;
use crate::domain::ids::{PitchNo, VenueNo};
use crate::domain::time::LocalDay;
use crate::engine::Engine;
use crate::engine::changes::Change;

const TICK: Duration = Duration::from_millis(50);
const TICKS_PER_SECOND: u64 = 20;
/// After so many ticks each stream is asked for a sign of life: fifteen seconds.
const BEATS: u64 = 15 * TICKS_PER_SECOND;
const QUARTER_MS: i64 = 15 * 60 * 1000;
/// After so many wakes the hub gives way to whoever else has something to do.
const WAKES_AT_ONCE: usize = 64;
/// When the server ends, who doesn't read is cut sooner, so that nobody waits for him.
const ENDING_STALL_MAX: Duration = Duration::from_secs(2);

/// Where streams enter.
pub struct Hub {
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    /// Of this start, as the journal counts them.
    epoch: u64,
    /// Of all workers.
    places: Arc<Semaphore>,
    stall_max: Duration,
    listeners: Mutex<Listeners>,
}

/// What a stream is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A whole's day, its parts included.
    Pitch(PitchNo, LocalDay),
    Venue(VenueNo, LocalDay),
}

/// All streams of this worker, by what they are about and by when their beat is.
struct Listeners {
    is_running: bool,
    is_ending: bool,
    tick: u64,
    next_no: u64,
    /// The position up to which changes were told.
    told: u64,
    quarter: i64,
    by_topic: HashMap<Topic, HashMap<u64, Arc<Pulse>>>,
    by_beat: Vec<HashMap<u64, Arc<Pulse>>>,
}

/// A stream's membership; ends when dropped.
pub struct Membership {
    pub hub: Arc<Hub>,
    pub pulse: Arc<Pulse>,
    topic: Topic,
    no: u64,
    beat: usize,
    _place: OwnedSemaphorePermit,
}

impl Hub {
    /// A hub for one worker; `places` are those of all workers together.
    #[must_use]
    pub fn new(
        engine: Arc<Engine>,
        clock: Arc<dyn Clock>,
        epoch: u64,
        places: Arc<Semaphore>,
        stall_max: Duration,
    ) -> Self {
        let listeners = Listeners {
            is_running: false,
            is_ending: false,
            tick: 0,
            next_no: 0,
            told: 0,
            quarter: 0,
            by_topic: HashMap::new(),
            by_beat: (0..BEATS).map(|_| HashMap::new()).collect(),
        };
        Self { engine, clock, epoch, places, stall_max, listeners: Mutex::new(listeners) }
    }

    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Enters a stream. On the worker's thread.
    ///
    /// # Errors
    /// `overloaded` when there are too many.
    pub fn enter(self: &Arc<Self>, topic: Topic) -> Result<Membership, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Problem::OVERLOADED)?;
        let pulse = Arc::new(Pulse::default());
        let mut listeners = self.listeners();
        if !listeners.is_running {
            listeners.is_running = true;
            // What changes from here on is told; what changed before, a stream sees with its first look.
            listeners.told = self.engine.changes().head();
            listeners.quarter = self.quarter();
            tokio::spawn(run(Arc::clone(self)));
        }
        if listeners.is_ending {
            pulse.ask(Ask::End, listeners.tick);
        }
        let no = listeners.next_no;
        listeners.next_no += 1;
        let beat = usize::try_from(listeners.tick % BEATS).unwrap_or(0);
        listeners.by_topic.entry(topic).or_default().insert(no, Arc::clone(&pulse));
        listeners.by_beat[beat].insert(no, Arc::clone(&pulse));
        drop(listeners);
        Ok(Membership { hub: Arc::clone(self), pulse, topic, no, beat, _place: place })
    }

    /// One tick: who is to be asked what.
    fn tick(&self) -> Vec<(Arc<Pulse>, Ask)> {
        let mut listeners = self.listeners();
        listeners.tick += 1;
        let mut asks = Vec::new();
        let quarter = self.quarter();
        if !self.changed_since(&mut listeners, &mut asks) || quarter != listeners.quarter {
            listeners.quarter = quarter;
            asks = listeners.all().map(|pulse| (Arc::clone(pulse), Ask::Look)).collect();
        }
        let beat = usize::try_from(listeners.tick % BEATS).unwrap_or(0);
        asks.extend(listeners.by_beat[beat].values().map(|pulse| (Arc::clone(pulse), Ask::Beat)));
        if listeners.tick.is_multiple_of(TICKS_PER_SECOND) {
            let stall_max = if listeners.is_ending { ENDING_STALL_MAX } else { self.stall_max };
            let ticks = stall_max.as_millis() / TICK.as_millis();
            if let Some(since) = listeners.tick.checked_sub(u64::try_from(ticks).unwrap_or(u64::MAX)) {
                listeners.all().for_each(|pulse| pulse.stall_if_unanswered_since(since));
            }
        }
        asks
    }

    /// Whose day changed since the tick before; false when it may be everybody's.
    fn changed_since(&self, listeners: &mut Listeners, asks: &mut Vec<(Arc<Pulse>, Ask)>) -> bool {
        let head = self.engine.changes().head();
        let from = std::mem::replace(&mut listeners.told, head);
        if head == from {
            return true;
        }
        let world = self.engine.world();
        let (mut topics, mut is_everything) = (HashSet::new(), false);
        let read = self.engine.changes().read(from, head, |change| match change {
            Change::Everything => is_everything = true,
            Change::PitchDay(pitch, day) => {
                topics.insert(Topic::Pitch(pitch, day));
                topics.extend(world.catalogue.pitch(pitch).map(|pitch| Topic::Venue(pitch.venue, day)));
            }
        });
        let listening = topics.iter().filter_map(|topic| listeners.by_topic.get(topic));
        asks.extend(listening.flat_map(HashMap::values).map(|pulse| (Arc::clone(pulse), Ask::Look)));
        read.is_ok() && !is_everything
    }

    /// Asks everybody to end, now and whoever comes later.
    fn end(&self) -> Vec<(Arc<Pulse>, Ask)> {
        let mut listeners = self.listeners();
        listeners.is_ending = true;
        listeners.all().map(|pulse| (Arc::clone(pulse), Ask::End)).collect()
    }

    /// Whether nobody listens any more; then the hub runs no more either.
    fn rests(&self) -> bool {
        let mut listeners = self.listeners();
        listeners.is_running = !listeners.by_topic.is_empty();
        !listeners.is_running
    }

    fn current_tick(&self) -> u64 {
        self.listeners().tick
    }

    fn quarter(&self) -> i64 {
        self.clock.now().get().div_euclid(QUARTER_MS)
    }

    /// A plain lock: only the worker's thread takes it, for microseconds, and a scrape never.
    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listeners {
    fn all(&self) -> impl Iterator<Item = &Arc<Pulse>> {
        self.by_beat.iter().flat_map(HashMap::values)
    }
}

/// Runs until nobody listens.
async fn run(hub: Arc<Hub>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut draining = pin!(runtime::draining());
    let mut is_ending = false;
    while !hub.rests() {
        let asks = tokio::select! {
            () = &mut draining, if !is_ending => {
                is_ending = true;
                hub.end()
            }
            _ = ticks.tick() => hub.tick(),
        };
        let tick = hub.current_tick();
        for (wakes, (pulse, ask)) in asks.into_iter().enumerate() {
            if wakes % WAKES_AT_ONCE == WAKES_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            pulse.ask(ask, tick);
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut listeners = self.hub.listeners();
        listeners.by_beat[self.beat].remove(&self.no);
        if let Some(of_topic) = listeners.by_topic.get_mut(&self.topic) {
            of_topic.remove(&self.no);
            if of_topic.is_empty() {
                listeners.by_topic.remove(&self.topic);
            }
        }
    }
}

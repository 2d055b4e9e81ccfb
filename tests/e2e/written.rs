//! Events that stand in a city's journal before it opens: what no request could bring about at the hour at which a test runs.

use std::sync::Arc;

use kaichang::app::SystemClock;
use kaichang::domain::clock::Clock;
use kaichang::domain::event::Event;
use kaichang::domain::time::UtcMillis;
use kaichang::engine::Engine;
use kaichang::engine::lane::Intake;
use kaichang::engine::log::{Sequence, Settle};
use kaichang::engine::replay::Replay;
use kaichang::identity::city_keys::{CityKeys, MASTER_KEY_PATH, WhenAbsent};
use kaichang::journal::{FileDisk, Journal, Options};

use crate::city::Ground;

/// Nobody waits for what is written.
struct Nobody;

impl Settle<Event> for Nobody {
    fn durable(&mut self, _sequence: Sequence, _at: UtcMillis, _event: Event) {}

    fn not_written(&mut self, event: Event) {
        panic!("not written: {event:?}");
    }
}

/// Writes the events that are made from the city as it stands and from the moment.
pub(crate) fn write(ground: &Ground, events: impl FnOnce(&Engine, UtcMillis) -> Vec<Event>) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut replay = Replay::new();
    let disk = FileDisk::new(ground.path().join("journal")).expect("the journal's directory");
    let replayed = |sequence, at, bytes: &[u8]| replay.apply(sequence, at, bytes);
    let journal = Journal::open(disk, Options::default(), replayed).expect("a journal");
    let engine = replay.finish().expect("a city");
    let events = events(&engine, clock.now());
    let (intake, owners) = Intake::new(1, 64);
    let (handle, committer) = journal.start(intake, Nobody, clock).expect("a committer");
    for event in events {
        owners[0].permit().expect("room").push(event);
    }
    handle.stop();
    committer.join().expect("no panic").expect("all is written");
}

/// The keys of the city.
pub(crate) fn keys(ground: &Ground) -> CityKeys {
    CityKeys::open(&ground.path().join(MASTER_KEY_PATH), WhenAbsent::Refuse).expect("the city's keys")
}

//! What is read of a city by anybody, over an engine of a bench's own and a clock that stands still at its first midnight.

use std::sync::Arc;
use std::time::Duration;

use kaichang::api::open_data::reports::Reports;
use kaichang::api::open_data::{OpenData, live};
use kaichang::api::past::Past;
use kaichang::domain::clock::Clock;
use kaichang::domain::time::UtcMillis;
use kaichang::engine::Engine;
use kaichang::identity::public_id::PublicIds;
use tokio::sync::Semaphore;

use super::bench_city::midnight;

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> UtcMillis {
        midnight()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

pub(crate) fn of(engine: Arc<Engine>) -> OpenData {
    let clock: Arc<dyn Clock> = Arc::new(StoppedClock);
    let places = Arc::new(Semaphore::new(1));
    OpenData {
        reports: Arc::new(Reports::new(clock.as_ref())),
        past: Past::new(Arc::clone(&engine), None),
        live: Arc::new(live::Hub::new(Arc::clone(&engine), Arc::clone(&clock), 1, places, live::STALL_MAX)),
        engine,
        clock,
        ids: PublicIds::new(&[7; 16]),
        directory: Arc::default(),
        roots: Arc::default(),
        boards: Arc::default(),
    }
}

//! The engine's figures, brought up to date when somebody asks for them: a booking is not made slower by being counted twice.

use std::sync::Arc;

use metrics::{Counter, Gauge, counter, gauge};

use crate::domain::clock::Clock;
use crate::engine::Engine;
use crate::engine::queues::Board;
use crate::engine::sync::{AtomicU64, Ordering};

/// Handles to the engine's figures.
pub struct EngineFigures {
    engine: Arc<Engine>,
    confirmed: Counter,
    cancelled: Counter,
    completed: Counter,
    topped_up: Counter,
    refused: Vec<Counter>,
    bookings: Gauge,
    forgotten: Gauge,
    residents: Gauge,
    requests: Gauge,
    pitch_day_bytes: Gauge,
    booking_bytes: Gauge,
    open_days: Gauge,
    timers: Gauge,
    queue_waiting: Gauge,
    queue_admitted: Gauge,
    queue_served: Counter,
    queue_bytes: Gauge,
    clock: Arc<dyn Clock>,
}

impl EngineFigures {
    #[must_use]
    pub fn new(engine: Arc<Engine>, clock: Arc<dyn Clock>) -> Self {
        let reasons = engine.counters().refused().map(|(reason, _)| reason);
        Self {
            confirmed: counter!("kaichang_bookings_confirmed_total"),
            cancelled: counter!("kaichang_bookings_cancelled_total"),
            completed: counter!("kaichang_bookings_completed_total"),
            topped_up: counter!("kaichang_top_ups_total"),
            refused: reasons.map(|reason| counter!("kaichang_refusals_total", "reason" => reason)).collect(),
            bookings: gauge!("kaichang_bookings"),
            forgotten: gauge!("kaichang_bookings_forgotten"),
            residents: gauge!("kaichang_accounts"),
            requests: gauge!("kaichang_requests_remembered"),
            pitch_day_bytes: gauge!("kaichang_pitch_day_bytes"),
            booking_bytes: gauge!("kaichang_booking_bytes"),
            open_days: gauge!("kaichang_open_days"),
            timers: gauge!("kaichang_timers"),
            queue_waiting: gauge!("kaichang_queue_waiting"),
            queue_admitted: gauge!("kaichang_queue_admitted"),
            queue_served: counter!("kaichang_queue_served_total"),
            queue_bytes: gauge!("kaichang_queue_bytes"),
            clock,
            engine,
        }
    }

    /// Brings the figures up to date.
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    pub fn update(&self) {
        let counters = self.engine.counters();
        // ORDERING: Relaxed, each figure is right by itself.
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        self.confirmed.absolute(count(&counters.confirmed));
        self.cancelled.absolute(count(&counters.cancelled));
        self.completed.absolute(count(&counters.completed));
        self.topped_up.absolute(count(&counters.topped_up));
        for (figure, (_, refused)) in self.refused.iter().zip(counters.refused()) {
            figure.absolute(refused);
        }
        self.bookings.set(f64::from(self.engine.bookings().count_in_memory()));
        self.forgotten.set(f64::from(self.engine.bookings().forgotten_below().get()));
        self.residents.set(f64::from(self.engine.residents().count()));
        self.requests.set(self.engine.known().len() as f64);
        self.pitch_day_bytes.set(self.engine.pitch_days().bytes() as f64);
        self.booking_bytes.set(self.engine.bookings().bytes() as f64);
        self.open_days.set(self.engine.world().days.iter().count() as f64);
        self.timers.set(self.engine.timers() as f64);
        let (queues, now) = (self.engine.queues(), self.clock.now());
        let boards: Vec<_> =
            queues.releases().into_iter().filter_map(|release| queues.board(release, now)).collect();
        let sum = |of: fn(&Board) -> u32| boards.iter().map(|board| u64::from(of(board))).sum::<u64>();
        self.queue_waiting.set(sum(|board| board.waiting) as f64);
        self.queue_admitted.set(sum(|board| board.acting) as f64);
        self.queue_served.absolute(sum(|board| board.served));
        self.queue_bytes.set(queues.bytes() as f64);
    }
}

//! What others may ask of a running committer: how far it is, and to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::engine::log::Sequence;

/// A running journal, for those who stop it and those who show its state.
#[derive(Clone)]
pub struct JournalHandle {
    control: Arc<Control>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// Written by the committer, read by all.
#[derive(Default)]
pub(super) struct Control {
    stopping: AtomicBool,
    sealing: AtomicBool,
    durable: AtomicU64,
    segments: AtomicU64,
    bytes: AtomicU64,
    batches: AtomicU64,
    uuid: [u8; 16],
    epoch: u64,
}

impl Control {
    pub(super) fn new(uuid: [u8; 16], epoch: u64) -> Self {
        Self { uuid, epoch, ..Self::default() }
    }

    pub(super) fn is_stopping(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `stop`: what was pushed before it is drained.
        self.stopping.load(Ordering::Acquire)
    }

    /// Whether a seal was asked for since this was last called.
    pub(super) fn take_seal(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `ask_seal`: what was durable to whoever asks stands before the seal. The
        // load spares every batch but one in millions the exchange.
        self.sealing.load(Ordering::Acquire) && self.sealing.swap(false, Ordering::Acquire)
    }

    pub(super) fn ask_seal(&self) {
        // ORDERING: Release pairs with the Acquire in `take_seal`.
        self.sealing.store(true, Ordering::Release);
    }

    pub(super) fn is_seal_asked(&self) -> bool {
        // ORDERING: Relaxed, it only says how long to sleep, and whoever asks rings afterwards.
        self.sealing.load(Ordering::Relaxed)
    }

    pub(super) fn count_batch(&self) {
        // ORDERING: Relaxed, as for the figures below.
        self.batches.fetch_add(1, Ordering::Relaxed);
    }

    // ORDERING: Relaxed for all figures: each is right by itself, and nothing is concluded from two together. Who needs
    // to see a record's effects asks its ticket, not these.
    pub(super) fn publish(&self, durable: Sequence, segments: u64, bytes: u64) {
        self.durable.store(durable.get(), Ordering::Relaxed);
        self.segments.store(segments, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }
}

// ORDERING: Relaxed for the figures, as in `Control::publish`.
impl JournalHandle {
    pub(super) fn new(control: Arc<Control>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { control, wake }
    }

    /// Asks the committer to make durable what is queued and to end; it ends when its thread does.
    pub fn stop(&self) {
        // ORDERING: Release pairs with the Acquire in `is_stopping`.
        self.control.stopping.store(true, Ordering::Release);
        (self.wake)();
    }

    /// Asks the committer to end the segment in use, so that all records that are durable now stand in sealed segments soon;
    /// nothing is done when it has none of the engine's.
    pub fn seal(&self) {
        self.control.ask_seal();
        (self.wake)();
    }

    /// The sequence of the last record that is known to be durable.
    #[must_use]
    pub fn durable(&self) -> Sequence {
        Sequence::new(self.control.durable.load(Ordering::Relaxed))
    }

    /// The number of the segment in use.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.control.segments.load(Ordering::Relaxed)
    }

    /// How many bytes of its segments are written, headers and padding included; without those that this start did not read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.control.bytes.load(Ordering::Relaxed)
    }

    /// How many batches this start has made durable.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.control.batches.load(Ordering::Relaxed)
    }

    /// The journal's own number, drawn when it was created.
    #[must_use]
    pub fn uuid(&self) -> [u8; 16] {
        self.control.uuid
    }

    /// The epoch that this start began.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.control.epoch
    }
}

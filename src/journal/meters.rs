//! The journal's figures for operators. Handles are looked up once, and touched once a batch.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// The committer's metrics.
pub(super) struct Meters {
    records: Counter,
    batches: Counter,
    bytes: Counter,
    not_written: Counter,
    sync_seconds: Histogram,
    batch_records: Histogram,
    queued: Gauge,
    segments: Gauge,
}

impl Meters {
    pub(super) fn new() -> Self {
        Self {
            records: counter!("kaichang_journal_records_total"),
            batches: counter!("kaichang_journal_batches_total"),
            bytes: counter!("kaichang_journal_bytes_total"),
            not_written: counter!("kaichang_journal_not_written_total"),
            sync_seconds: histogram!("kaichang_journal_sync_seconds"),
            batch_records: histogram!("kaichang_journal_batch_records"),
            queued: gauge!("kaichang_journal_queued"),
            segments: gauge!("kaichang_journal_segments"),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    pub(super) fn committed(&self, records: usize, bytes: u64, sync: Duration, queued: usize, segments: u64) {
        self.records.increment(records as u64);
        self.batches.increment(1);
        self.bytes.increment(bytes);
        self.sync_seconds.record(sync.as_secs_f64());
        self.batch_records.record(records as f64);
        self.queued.set(queued as f64);
        self.segments.set(segments as f64);
    }

    pub(super) fn not_written(&self, records: usize) {
        self.not_written.increment(records as u64);
    }
}

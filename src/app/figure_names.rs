//! What each figure of `/metrics` is, as whoever fetches them is told. Every figure that the program has stands here.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// A figure's kind, as Prometheus has it.
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

use Kind::{Counter, Gauge, Histogram};

/// Name, kind, unit and what it says.
const FIGURES: [(&str, Kind, Unit, &str); 47] = [
    ("kaichang_accounts", Gauge, Unit::Count, "Accounts of residents, staff and operators."),
    ("kaichang_booking_bytes", Gauge, Unit::Bytes, "Memory that bookings take."),
    (
        "kaichang_bookings",
        Gauge,
        Unit::Count,
        "Bookings and holds in memory, whatever became of them. Those that are long over leave it.",
    ),
    ("kaichang_bookings_cancelled_total", Counter, Unit::Count, "Bookings cancelled since the start."),
    (
        "kaichang_bookings_completed_total",
        Counter,
        Unit::Count,
        "Bookings whose time is over, since the start.",
    ),
    ("kaichang_bookings_confirmed_total", Counter, Unit::Count, "Bookings confirmed since the start."),
    (
        "kaichang_bookings_forgotten",
        Gauge,
        Unit::Count,
        "Bookings and holds that are in memory no more; Postgres has them, where there is one.",
    ),
    ("kaichang_build_info", Gauge, Unit::Count, "Always 1; the label has the version that runs."),
    ("kaichang_claims_shed_total", Counter, Unit::Count, "Claims turned away at the door since the start."),
    (
        "kaichang_clock_doubted",
        Gauge,
        Unit::Count,
        "1 while the machine's clock was stepped and is not believed.",
    ),
    ("kaichang_connections", Gauge, Unit::Count, "Connections that are open; 20,000 at most."),
    ("kaichang_disk_free_bytes", Gauge, Unit::Bytes, "Room on the disk, where there is least."),
    ("kaichang_disk_short", Gauge, Unit::Count, "1 while the disk has too little room for anything new."),
    ("kaichang_http_answers_total", Counter, Unit::Count, "Answers since the start, by class of status."),
    (
        "kaichang_http_request_seconds",
        Histogram,
        Unit::Seconds,
        "From a request's head to its answer's, of every 16th request.",
    ),
    ("kaichang_journal_batch_records", Histogram, Unit::Count, "Records made durable by one sync."),
    ("kaichang_journal_batches_total", Counter, Unit::Count, "Batches made durable since the start."),
    ("kaichang_journal_bytes_total", Counter, Unit::Bytes, "Written to the journal since the start."),
    (
        "kaichang_journal_kept_bytes",
        Gauge,
        Unit::Bytes,
        "What the journal's segments have, as of the last snapshot.",
    ),
    (
        "kaichang_journal_kept_segments",
        Gauge,
        Unit::Count,
        "How many segments the journal has, as of the last snapshot.",
    ),
    (
        "kaichang_journal_not_written_total",
        Counter,
        Unit::Count,
        "Records refused since the start because the disk had no room.",
    ),
    ("kaichang_journal_queued", Gauge, Unit::Count, "Records that waited when the last batch was done."),
    ("kaichang_journal_records_total", Counter, Unit::Count, "Records made durable since the start."),
    (
        "kaichang_journal_retired_segments_total",
        Counter,
        Unit::Count,
        "Segments given up since the start, because they were over a limit.",
    ),
    ("kaichang_journal_segments", Gauge, Unit::Count, "The number of the journal's segment in use."),
    (
        "kaichang_journal_sync_seconds",
        Histogram,
        Unit::Seconds,
        "How long the disk takes to make a batch durable.",
    ),
    ("kaichang_open_days", Gauge, Unit::Count, "Days that are open for booking."),
    ("kaichang_pitch_day_bytes", Gauge, Unit::Bytes, "Memory that the slots of the open days take."),
    ("kaichang_projection_batch_seconds", Histogram, Unit::Seconds, "How long Postgres takes for a batch."),
    (
        "kaichang_projection_batches_total",
        Counter,
        Unit::Count,
        "Batches written into Postgres since the start.",
    ),
    ("kaichang_projection_lag_records", Gauge, Unit::Count, "Durable records that are not in Postgres yet."),
    (
        "kaichang_projection_lag_seconds",
        Gauge,
        Unit::Seconds,
        "The age of the first record that is not in Postgres.",
    ),
    (
        "kaichang_projection_records_total",
        Counter,
        Unit::Count,
        "Records written into Postgres since the start.",
    ),
    (
        "kaichang_projection_refused",
        Gauge,
        Unit::Count,
        "1 when nothing may be written into this database any more: the log says why.",
    ),
    ("kaichang_projection_up", Gauge, Unit::Count, "1 while Postgres takes what it is sent."),
    ("kaichang_queue_admitted", Gauge, Unit::Count, "Whose turn it is now, in all queues."),
    ("kaichang_queue_bytes", Gauge, Unit::Bytes, "Memory that queues take."),
    ("kaichang_queue_served_total", Counter, Unit::Count, "Places whose turn has come, in all queues."),
    ("kaichang_queue_waiting", Gauge, Unit::Count, "Who waits, in all queues."),
    (
        "kaichang_refusals_total",
        Counter,
        Unit::Count,
        "Bookings and holds refused since the start, by reason.",
    ),
    ("kaichang_requests_remembered", Gauge, Unit::Count, "Idempotency-Keys in memory."),
    ("kaichang_timers", Gauge, Unit::Count, "Bookings and holds whose time is watched."),
    ("kaichang_top_ups_total", Counter, Unit::Count, "Top-ups since the start."),
    ("process_cpu_seconds_total", Counter, Unit::Seconds, "Processor time that the process has used."),
    ("process_open_fds", Gauge, Unit::Count, "Files and connections that the process has open."),
    ("process_resident_memory_bytes", Gauge, Unit::Bytes, "Memory that the process has."),
    ("process_start_time_seconds", Gauge, Unit::Seconds, "When the process was started, since 1970."),
];

/// Tells the recorder that is installed.
pub(super) fn describe_all() {
    for (name, kind, unit, text) in FIGURES {
        match kind {
            Counter => describe_counter!(name, unit, text),
            Gauge => describe_gauge!(name, unit, text),
            Histogram => describe_histogram!(name, unit, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_stands_here_once_in_order_and_is_told_in_a_sentence() {
        assert!(FIGURES.is_sorted_by(|one, next| one.0 < next.0));
        assert!(FIGURES.iter().all(|(_, _, _, text)| text.ends_with('.')));
    }
}

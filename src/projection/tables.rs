//! The tables with their columns, in the order in which rows are written: one list for writing, comparing and rebuilding.

/// A table of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    /// How many of the first columns tell a row from all others.
    pub(super) key: usize,
}

impl Table {
    const fn new(name: &'static str, key: usize, columns: &'static [&'static str]) -> Self {
        Self { name, columns, key }
    }

    pub(super) const fn width(&self) -> usize {
        self.columns.len()
    }

    /// The statement that takes rows.
    pub(super) fn copy_in(&self) -> String {
        self.copy_into(self.name)
    }

    /// The statement that takes rows of this table into another of the same shape.
    pub(super) fn copy_into(&self, name: &str) -> String {
        format!("COPY {name} ({}) FROM STDIN (FORMAT binary)", self.columns.join(", "))
    }

    /// The statement that gives rows: those that `rest` says.
    pub(super) fn copy_out(&self, rest: &str) -> String {
        let (columns, name) = (self.columns.join(", "), self.name);
        format!("COPY (SELECT {columns} FROM {name} {rest}) TO STDOUT (FORMAT binary)")
    }
}

pub(super) const JOURNAL_RECORD: Table =
    Table::new("journal_record", 1, &["sequence", "occurred_at", "kind", "bytes"]);
pub(super) const RESIDENT_KEY: Table = Table::new("resident_key", 1, &["resident_no", "wrapped"]);
pub(super) const DISTRICT: Table = Table::new("district", 1, &["district_no", "code", "name_zh", "name_en"]);
pub(super) const SPORT: Table = Table::new("sport", 1, &["sport_no", "code", "name_zh", "name_en"]);
pub(super) const VENUE: Table = Table::new(
    "venue",
    1,
    &[
        "venue_no",
        "code",
        "district_no",
        "name_zh",
        "name_en",
        "address_zh",
        "address_en",
        "latitude_e6",
        "longitude_e6",
        "admission",
    ],
);
pub(super) const PITCH: Table = Table::new(
    "pitch",
    1,
    &[
        "pitch_no",
        "code",
        "venue_no",
        "whole_no",
        "sport_no",
        "kind",
        "name_zh",
        "name_en",
        "first_leaf",
        "leaves",
        "capacity",
        "max_slots",
        "party_max",
        "is_offered",
    ],
);
pub(super) const PITCH_DAY: Table = Table::new("pitch_day", 2, &["day", "pitch_no", "places", "open_units"]);
pub(super) const RELEASE: Table = Table::new(
    "release",
    1,
    &[
        "release_no",
        "code",
        "venue_no",
        "name_zh",
        "name_en",
        "declared_at",
        "first_day",
        "last_day",
        "opens_days_before",
        "opens_at_minute",
        "opens_once_at",
        "limit_per_resident",
        "counter_share_percent",
        "pitches",
    ],
);
pub(super) const RELEASE_OPENING: Table =
    Table::new("release_opening", 2, &["release_no", "day", "opened_at", "sequence"]);
pub(super) const QUEUE_STEP: Table = Table::new(
    "queue_step",
    1,
    &["sequence", "occurred_at", "release_no", "step", "resident_no", "place", "seed"],
);
pub(super) const DRAW_STEP: Table = Table::new(
    "draw_step",
    1,
    &[
        "sequence",
        "occurred_at",
        "release_no",
        "step",
        "resident_no",
        "entry_id",
        "party",
        "choices",
        "entries",
        "hash",
        "seed",
        "value",
    ],
);
pub(super) const RESIDENT: Table = Table::new(
    "resident",
    1,
    &["resident_no", "role", "venue_no", "opened_at", "completed_at", "disabled_at", "erased_at"],
);
pub(super) const BOOKING: Table = Table::new(
    "booking",
    1,
    &[
        "booking_no",
        "created_at",
        "resident_no",
        "venue_no",
        "pitch_no",
        "day",
        "first_unit",
        "units",
        "starts_at",
        "ends_at",
        "party_size",
        "price",
        "refund",
        "payment",
        "release_no",
        "state",
        "expires_at",
        "confirmed_at",
        "checked_in_at",
        "moved_at",
        "ended_at",
        "cancel_reason",
        "last_sequence",
    ],
);
pub(super) const BOOKING_EVENT: Table =
    Table::new("booking_event", 1, &["sequence", "occurred_at", "booking_no", "step", "charged", "staff_no"]);
pub(super) const ACCOUNT: Table =
    Table::new("account", 1, &["account_no", "kind", "resident_no", "venue_no"]);
pub(super) const LEDGER_LINE: Table = Table::new(
    "ledger_line",
    2,
    &["sequence", "account_no", "occurred_at", "movement", "amount", "booking_no"],
);
pub(super) const CHECK_IN: Table =
    Table::new("check_in", 1, &["booking_no", "sequence", "checked_in_at", "venue_no", "staff_no"]);
pub(super) const AUDIT: Table = Table::new(
    "audit",
    1,
    &[
        "sequence",
        "occurred_at",
        "staff_no",
        "action",
        "venue_no",
        "pitch_no",
        "booking_no",
        "resident_no",
        "details",
    ],
);
pub(super) const LIVE_OCCUPANCY: Table =
    Table::new("live_occupancy", 3, &["leaf_no", "day", "unit", "booking_no"]);
pub(super) const LIVE_SESSION: Table =
    Table::new("live_session", 3, &["pitch_no", "day", "unit", "sold", "capacity"]);
pub(super) const FILLED_FROM: Table = Table::new(
    "filled_from",
    1,
    &["sequence", "occurred_at", "position", "catalogue", "first_open_day", "last_open_day"],
);
pub(super) const SNAPSHOT_PIECE: Table = Table::new("snapshot_piece", 1, &["piece_no", "bytes"]);

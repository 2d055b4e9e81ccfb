-- Tables that were filled from a snapshot, where the journal has its first records no more.

ALTER TYPE movement ADD VALUE 'brought_forward';

CREATE TABLE filled_from (
    is_the_row boolean PRIMARY KEY DEFAULT true CHECK (is_the_row),
    sequence bigint NOT NULL CHECK (sequence > 0),
    occurred_at timestamptz NOT NULL,
    position bytea NOT NULL,
    catalogue bytea NOT NULL,
    first_open_day date,
    last_open_day date,
    filled_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE filled_from IS 'Behind which record these tables begin, where they were filled from a snapshot: one row, or none where they tell everything';
COMMENT ON COLUMN filled_from.is_the_row IS 'Always true: there is one row';
COMMENT ON COLUMN filled_from.sequence IS 'The last record that the snapshot has: journal_record begins behind it, and rows of before have 0 where others name their record';
COMMENT ON COLUMN filled_from.occurred_at IS 'When that record was committed';
COMMENT ON COLUMN filled_from.position IS 'Where that is in the journal, with its hash chain';
COMMENT ON COLUMN filled_from.catalogue IS 'The events that had made the catalogue by then, as docs/snapshots.md draws them';
COMMENT ON COLUMN filled_from.first_open_day IS 'The first day that was open then';
COMMENT ON COLUMN filled_from.last_open_day IS 'The last';
COMMENT ON COLUMN filled_from.filled_at IS 'When the tables were filled, by the clock of Postgres';

CREATE TABLE snapshot_piece (
    piece_no int PRIMARY KEY,
    bytes bytea NOT NULL
);
COMMENT ON TABLE snapshot_piece IS 'The snapshot that the tables were filled from: with it, journal_record and the master key a city can be rebuilt from here alone';
COMMENT ON COLUMN snapshot_piece.piece_no IS 'Place in the file, from 0 without gaps';
COMMENT ON COLUMN snapshot_piece.bytes IS 'The next bytes of the file, as docs/snapshots.md draws it; personal data are sealed in it';

COMMENT ON COLUMN ledger_line.sequence IS 'The record that moved the money; of what was brought forward, the last that the snapshot has';
COMMENT ON COLUMN ledger_line.movement IS 'Why it was moved; brought_forward is what an account had when the tables were filled from a snapshot';
COMMENT ON COLUMN release_opening.sequence IS 'The record that opened it; 0 where it is not kept: see filled_from';
COMMENT ON COLUMN booking.last_sequence IS 'The record that changed it last; 0 where it is not kept: see filled_from';
COMMENT ON COLUMN check_in.sequence IS 'The record that says so; 0 where it is not kept: see filled_from';
COMMENT ON COLUMN audit.sequence IS 'The record that says so; negative and in order where it is not kept: see filled_from';

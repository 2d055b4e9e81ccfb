-- Releases that one queues for or that are drawn by lot: every step of each, without anything of a person but the account's number.

CREATE TYPE queue_step_kind AS ENUM ('came', 'left', 'opened', 'served');
CREATE TYPE draw_step_kind AS ENUM ('entered', 'changed', 'withdrawn', 'sealed', 'drawn', 'lapsed');

CREATE TABLE queue_step (
    sequence bigint PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    release_no int NOT NULL,
    step queue_step_kind NOT NULL,
    resident_no bigint,
    place int,
    seed bytea
);
CREATE INDEX queue_step_release ON queue_step (release_no, sequence);
COMMENT ON TABLE queue_step IS 'Every step of the queues of releases: who came and left, when a line opened, how far it moved';
COMMENT ON COLUMN queue_step.sequence IS 'The record';
COMMENT ON COLUMN queue_step.occurred_at IS 'When it was committed';
COMMENT ON COLUMN queue_step.release_no IS 'The release';
COMMENT ON COLUMN queue_step.step IS 'What happened';
COMMENT ON COLUMN queue_step.resident_no IS 'Who came or left';
COMMENT ON COLUMN queue_step.place IS 'Of opened how many had come before; of served up to which place it is the turn';
COMMENT ON COLUMN queue_step.seed IS 'Of opened: what gives those who came before their places';

CREATE TABLE draw_step (
    sequence bigint PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    release_no int NOT NULL,
    step draw_step_kind NOT NULL,
    resident_no bigint,
    entry_id bytea,
    party int,
    choices int,
    entries int,
    hash bytea,
    seed bytea,
    value text
);
CREATE INDEX draw_step_release ON draw_step (release_no, sequence);
COMMENT ON TABLE draw_step IS 'Every step of the draws of releases: entries, the settled list, the draw, what could not be given';
COMMENT ON COLUMN draw_step.sequence IS 'The record';
COMMENT ON COLUMN draw_step.occurred_at IS 'When it was committed';
COMMENT ON COLUMN draw_step.release_no IS 'The release';
COMMENT ON COLUMN draw_step.step IS 'What happened';
COMMENT ON COLUMN draw_step.resident_no IS 'Who entered, changed or withdrew';
COMMENT ON COLUMN draw_step.entry_id IS 'Of entered and lapsed: the random id, 16 bytes, by which the entry stands in the published file';
COMMENT ON COLUMN draw_step.party IS 'For how many it is from then on';
COMMENT ON COLUMN draw_step.choices IS 'How many slots it names from then on';
COMMENT ON COLUMN draw_step.entries IS 'Of sealed: how many take part';
COMMENT ON COLUMN draw_step.hash IS 'Of sealed the root of the list, of drawn the hash of the outcome';
COMMENT ON COLUMN draw_step.seed IS 'Of drawn: the seed';
COMMENT ON COLUMN draw_step.value IS 'Of drawn: the public value';

-- What was written before these tables were there. The bytes of events are drawn in docs/events.md.
CREATE OR REPLACE FUNCTION pg_temp.little(bytes bytea, first int, count int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    'SELECT coalesce(sum(get_byte($1, $2 + n)::bigint << (8 * n)), 0)::bigint FROM generate_series(0, $3 - 1) n';

CREATE TEMPORARY TABLE former_event AS
SELECT sequence, occurred_at, get_byte(bytes, 0) AS kind, pg_temp.little(bytes, 2, 2)::int AS release_no, bytes
FROM (
    SELECT sequence, occurred_at,
        CASE WHEN substr(bytes, 1, 2) = '\x4000'::bytea THEN substr(bytes, 7) ELSE bytes END AS bytes
    FROM journal_record WHERE kind = 'event'
) e
WHERE length(bytes) >= 8 AND get_byte(bytes, 1) = 0 AND get_byte(bytes, 0) BETWEEN 48 AND 57;

INSERT INTO queue_step
SELECT sequence, occurred_at, release_no,
    (ARRAY['came', 'left', 'opened', 'served'])[kind - 53]::queue_step_kind,
    CASE WHEN kind < 56 THEN pg_temp.little(bytes, 4, 4) END,
    CASE WHEN kind >= 56 THEN pg_temp.little(bytes, 4, 4)::int END,
    CASE WHEN kind = 56 THEN substr(bytes, 9, 32) END
FROM former_event WHERE kind >= 54;

INSERT INTO draw_step
SELECT sequence, occurred_at, release_no,
    (ARRAY['entered', 'changed', 'withdrawn', 'sealed', 'drawn', 'lapsed'])[kind - 47]::draw_step_kind,
    CASE WHEN kind <= 50 THEN pg_temp.little(bytes, 4, 4) END,
    CASE kind WHEN 48 THEN substr(bytes, 34, 16) WHEN 53 THEN substr(bytes, 5, 16) END,
    CASE kind WHEN 48 THEN pg_temp.little(bytes, 49, 2)::int WHEN 49 THEN pg_temp.little(bytes, 8, 2)::int END,
    CASE kind WHEN 48 THEN get_byte(bytes, 51) WHEN 49 THEN get_byte(bytes, 10) END,
    CASE kind WHEN 51 THEN pg_temp.little(bytes, 4, 4)::int END,
    CASE kind WHEN 51 THEN substr(bytes, 9, 32) WHEN 52 THEN substr(bytes, 37, 32) END,
    CASE kind WHEN 52 THEN substr(bytes, 5, 32) END,
    CASE kind WHEN 52 THEN convert_from(substr(bytes, 73), 'UTF8') END
FROM former_event WHERE kind <= 53;

DROP TABLE former_event;
DROP FUNCTION pg_temp.little(bytea, int, int);

-- Places and orders as docs/queue.md and docs/draw.md have anybody compute them: here by Postgres itself, from nothing but the rows.
CREATE VIEW queue_place AS
SELECT a.release_no, a.number, a.came_at,
    CASE
        WHEN o.place IS NULL THEN NULL
        WHEN a.number > o.place THEN a.number
        ELSE row_number() OVER (PARTITION BY a.release_no, a.number <= o.place ORDER BY sha256(convert_to(
            'kaichang-queue-1' || chr(10) || encode(o.seed, 'hex') || chr(10) || a.number || chr(10), 'UTF8')))
    END AS place
FROM (
    SELECT release_no, occurred_at AS came_at, row_number() OVER (PARTITION BY release_no ORDER BY sequence) AS number
    FROM queue_step WHERE step = 'came'
) a
LEFT JOIN queue_step o ON o.release_no = a.release_no AND o.step = 'opened';
COMMENT ON VIEW queue_place IS 'Who came how many-th into a queue, and where he stands: nobody is named';
COMMENT ON COLUMN queue_place.release_no IS 'The release';
COMMENT ON COLUMN queue_place.number IS 'How many-th he came';
COMMENT ON COLUMN queue_place.came_at IS 'When he came';
COMMENT ON COLUMN queue_place.place IS 'How many-th it is his turn; none before the queue has opened';

CREATE VIEW draw_order AS
SELECT e.release_no, e.entry_id,
    CASE WHEN d.value IS NOT NULL THEN row_number() OVER (PARTITION BY e.release_no ORDER BY sha256(sha256(convert_to(
        'kaichang-draw-1 mix' || chr(10) || encode(d.seed, 'hex') || chr(10) || encode(s.hash, 'hex') || chr(10) || d.value || chr(10),
        'UTF8')) || e.entry_id)) END AS drawn_as
FROM draw_step e
LEFT JOIN draw_step s ON s.release_no = e.release_no AND s.step = 'sealed'
LEFT JOIN draw_step d ON d.release_no = e.release_no AND d.step = 'drawn'
WHERE e.step = 'entered' AND NOT EXISTS (
    SELECT FROM draw_step later WHERE later.release_no = e.release_no AND later.resident_no = e.resident_no
        AND later.step IN ('entered', 'withdrawn') AND later.sequence > e.sequence);
COMMENT ON VIEW draw_order IS 'The entries that take part in a draw, and in which order they were drawn: nobody is named';
COMMENT ON COLUMN draw_order.release_no IS 'The release';
COMMENT ON COLUMN draw_order.entry_id IS 'The entry, as in the published file';
COMMENT ON COLUMN draw_order.drawn_as IS 'How many-th it was drawn; none before the draw';

-- The books of a city, as its journal tells them. Kaichang alone writes here; everyone may read.
--
-- No foreign keys: the journal has judged each record before, `kaichang verify` compares every row, and a check per row would cost
-- more than the row. What is sold is guarded here all the same: by the keys of live_occupancy and the check of live_session.
-- Times are timestamptz, days of play are the city's own calendar days, money is bigint in minor units of the city's currency.

CREATE TYPE account_role AS ENUM ('resident', 'venue_manager', 'front_desk', 'operator');
CREATE TYPE admission AS ENUM ('open', 'checked');
CREATE TYPE pitch_kind AS ENUM ('exclusive', 'divisible', 'part', 'session');
CREATE TYPE booking_state AS ENUM
    ('held', 'confirmed', 'checked_in', 'completed', 'missed', 'cancelled', 'given_up', 'expired');
CREATE TYPE payment AS ENUM ('wallet', 'counter');
CREATE TYPE cancel_reason AS ENUM ('by_resident', 'by_staff', 'closure');
CREATE TYPE booking_step AS ENUM
    ('confirmed', 'sold_at_counter', 'held', 'hold_confirmed', 'given_up', 'expired', 'cancelled', 'checked_in', 'moved',
     'completed', 'missed');
CREATE TYPE account_kind AS ENUM ('wallet', 'revenue', 'till', 'provider', 'opening');
CREATE TYPE movement AS ENUM ('opening', 'top_up', 'sale', 'refund', 'move');
CREATE TYPE record_kind AS ENUM ('event', 'catalogue', 'epoch');

CREATE TABLE projection (
    is_the_row boolean PRIMARY KEY DEFAULT true CHECK (is_the_row),
    journal_uuid uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 0),
    epoch bigint NOT NULL,
    record_digest bytea NOT NULL,
    occurred_at timestamptz NOT NULL,
    first_open_day date,
    timezone text NOT NULL,
    currency text NOT NULL,
    projected_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE projection IS 'How far the journal has been written here: one row, changed in the same transaction as everything else';
COMMENT ON COLUMN projection.is_the_row IS 'Always true: there is one row';
COMMENT ON COLUMN projection.journal_uuid IS 'The journal that is projected here, and no other';
COMMENT ON COLUMN projection.sequence IS 'The last record that is in these tables';
COMMENT ON COLUMN projection.epoch IS 'The epoch in force at that record: how often the journal had been opened for writing';
COMMENT ON COLUMN projection.record_digest IS 'BLAKE3 of that record with its sequence and time: an older copy of the journal that went on by itself is known by it';
COMMENT ON COLUMN projection.occurred_at IS 'When that record was committed';
COMMENT ON COLUMN projection.first_open_day IS 'The first day that was open then: bookings of earlier days are in live_occupancy no more';
COMMENT ON COLUMN projection.timezone IS 'The city''s time zone';
COMMENT ON COLUMN projection.currency IS 'The city''s currency, ISO 4217';
COMMENT ON COLUMN projection.projected_at IS 'When this row was last written, by the clock of Postgres';

CREATE TABLE former_journal (
    journal_uuid uuid PRIMARY KEY,
    sequence bigint NOT NULL,
    epoch bigint NOT NULL,
    followed_by uuid NOT NULL,
    fenced_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE former_journal IS 'Journals that were lost and rebuilt from here: they may not write here any more';
COMMENT ON COLUMN former_journal.journal_uuid IS 'The journal that was lost';
COMMENT ON COLUMN former_journal.sequence IS 'The last of its records that was known here';
COMMENT ON COLUMN former_journal.epoch IS 'Its epoch then';
COMMENT ON COLUMN former_journal.followed_by IS 'The journal that was made in its place';
COMMENT ON COLUMN former_journal.fenced_at IS 'When that was';

CREATE TABLE journal_record (
    sequence bigint PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    kind record_kind NOT NULL,
    bytes bytea NOT NULL
);
CREATE INDEX journal_record_catalogue ON journal_record (sequence) WHERE kind = 'catalogue';
COMMENT ON TABLE journal_record IS 'The journal''s own bytes: with the master key and resident_key a city can be rebuilt from here alone';
COMMENT ON COLUMN journal_record.sequence IS 'Place in the journal, from 1 without gaps';
COMMENT ON COLUMN journal_record.occurred_at IS 'When it was committed';
COMMENT ON COLUMN journal_record.kind IS 'event; catalogue: an event that changes what there is to book; epoch: a start of the service';
COMMENT ON COLUMN journal_record.bytes IS 'The record, as docs/events.md draws it; personal data are sealed in it';

CREATE TABLE resident_key (
    resident_no bigint PRIMARY KEY,
    wrapped bytea NOT NULL
);
COMMENT ON TABLE resident_key IS 'Each resident''s own key, wrapped under the city''s master key, which is not here';
COMMENT ON COLUMN resident_key.resident_no IS 'Whose key it is';
COMMENT ON COLUMN resident_key.wrapped IS 'The slot of the key file; without the master key nobody can read it';

CREATE TABLE district (
    district_no int PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name_zh text NOT NULL,
    name_en text NOT NULL
);
COMMENT ON TABLE district IS 'Districts of the city';
COMMENT ON COLUMN district.district_no IS 'Its number';
COMMENT ON COLUMN district.code IS 'By what it is known outside';
COMMENT ON COLUMN district.name_zh IS 'Its name in simplified Chinese';
COMMENT ON COLUMN district.name_en IS 'Its name in English';

CREATE TABLE sport (
    sport_no int PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name_zh text NOT NULL,
    name_en text NOT NULL
);
COMMENT ON TABLE sport IS 'Kinds of sport';
COMMENT ON COLUMN sport.sport_no IS 'Its number';
COMMENT ON COLUMN sport.code IS 'By what it is known outside';
COMMENT ON COLUMN sport.name_zh IS 'Its name in simplified Chinese';
COMMENT ON COLUMN sport.name_en IS 'Its name in English';

CREATE TABLE venue (
    venue_no int PRIMARY KEY,
    code text NOT NULL UNIQUE,
    district_no int NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    address_zh text NOT NULL,
    address_en text NOT NULL,
    latitude_e6 int NOT NULL,
    longitude_e6 int NOT NULL,
    admission admission NOT NULL
);
COMMENT ON TABLE venue IS 'Venues as they are now';
COMMENT ON COLUMN venue.venue_no IS 'Its number';
COMMENT ON COLUMN venue.code IS 'By what it is known outside';
COMMENT ON COLUMN venue.district_no IS 'Where it lies';
COMMENT ON COLUMN venue.name_zh IS 'Its name in simplified Chinese';
COMMENT ON COLUMN venue.name_en IS 'Its name in English';
COMMENT ON COLUMN venue.address_zh IS 'Its address in simplified Chinese';
COMMENT ON COLUMN venue.address_en IS 'Its address in English';
COMMENT ON COLUMN venue.latitude_e6 IS 'Latitude in millionths of a degree';
COMMENT ON COLUMN venue.longitude_e6 IS 'Longitude in millionths of a degree';
COMMENT ON COLUMN venue.admission IS 'Whether somebody checks who comes: where nobody does, who booked counts as having come';

CREATE TABLE pitch (
    pitch_no bigint PRIMARY KEY,
    code text NOT NULL UNIQUE,
    venue_no int NOT NULL,
    whole_no bigint NOT NULL,
    sport_no int NOT NULL,
    kind pitch_kind NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    first_leaf bigint NOT NULL,
    leaves int NOT NULL,
    capacity int,
    max_slots smallint NOT NULL,
    party_max int NOT NULL,
    is_offered boolean NOT NULL
);
CREATE INDEX pitch_venue ON pitch (venue_no);
COMMENT ON TABLE pitch IS 'What can be booked, as it is now: wholes and their parts';
COMMENT ON COLUMN pitch.pitch_no IS 'Its number';
COMMENT ON COLUMN pitch.code IS 'By what it is known outside';
COMMENT ON COLUMN pitch.venue_no IS 'Whose it is';
COMMENT ON COLUMN pitch.whole_no IS 'The whole that it is a part of; itself when it is none';
COMMENT ON COLUMN pitch.sport_no IS 'What is played on it';
COMMENT ON COLUMN pitch.kind IS 'How it is sold: one booking has it all, divisible into parts, a part, or places of a session';
COMMENT ON COLUMN pitch.name_zh IS 'Its name in simplified Chinese';
COMMENT ON COLUMN pitch.name_en IS 'Its name in English';
COMMENT ON COLUMN pitch.first_leaf IS 'The first of the leaves that it covers: the smallest parts of all pitches, counted through the city';
COMMENT ON COLUMN pitch.leaves IS 'How many leaves it covers';
COMMENT ON COLUMN pitch.capacity IS 'Places in each slot of a session; of others nothing';
COMMENT ON COLUMN pitch.max_slots IS 'How many consecutive slots one booking may span';
COMMENT ON COLUMN pitch.party_max IS 'The most people of one booking';
COMMENT ON COLUMN pitch.is_offered IS 'Whether it is shown and sold';

CREATE TABLE pitch_day (
    day date NOT NULL,
    pitch_no bigint NOT NULL,
    places int NOT NULL,
    open_units bigint NOT NULL,
    PRIMARY KEY (day, pitch_no)
);
COMMENT ON TABLE pitch_day IS 'What each smallest part of a pitch offered on a day that is over: hours and closures that change later change nothing here';
COMMENT ON COLUMN pitch_day.day IS 'The day of play';
COMMENT ON COLUMN pitch_day.pitch_no IS 'The whole; days on which nothing of it was open have no row';
COMMENT ON COLUMN pitch_day.places IS 'How many bookings a half hour had room for: its leaves, or the places of a session';
COMMENT ON COLUMN pitch_day.open_units IS 'The half hours that were open on at least one of its leaves: bit 0 is 00:00 to 00:30';

CREATE TABLE release (
    release_no int PRIMARY KEY,
    code text NOT NULL UNIQUE,
    venue_no int,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    declared_at timestamptz NOT NULL,
    first_day date NOT NULL,
    last_day date,
    opens_days_before int,
    opens_at_minute int,
    opens_once_at timestamptz,
    limit_per_resident int,
    counter_share_percent int NOT NULL,
    pitches bigint[] NOT NULL
);
COMMENT ON TABLE release IS 'What opens for booking when';
COMMENT ON COLUMN release.release_no IS 'Its number';
COMMENT ON COLUMN release.code IS 'By what it is known outside';
COMMENT ON COLUMN release.venue_no IS 'Whose it is; a release of the whole city has none';
COMMENT ON COLUMN release.name_zh IS 'Its name in simplified Chinese';
COMMENT ON COLUMN release.name_en IS 'Its name in English';
COMMENT ON COLUMN release.declared_at IS 'When it was declared';
COMMENT ON COLUMN release.first_day IS 'The first day of play that it governs';
COMMENT ON COLUMN release.last_day IS 'The last; without one for ever';
COMMENT ON COLUMN release.opens_days_before IS 'Of a daily rule: so many days before the day of play';
COMMENT ON COLUMN release.opens_at_minute IS 'Of a daily rule: at this minute of the city''s local time';
COMMENT ON COLUMN release.opens_once_at IS 'Of a release that opens once: when';
COMMENT ON COLUMN release.limit_per_resident IS 'How many bookings of it one resident may have, a day of play';
COMMENT ON COLUMN release.counter_share_percent IS 'Of a hundred places so many are sold at the counter only';
COMMENT ON COLUMN release.pitches IS 'The wholes that it governs';

CREATE TABLE release_opening (
    release_no int NOT NULL,
    day date NOT NULL,
    opened_at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (release_no, day)
);
COMMENT ON TABLE release_opening IS 'When each release really opened for each day of play';
COMMENT ON COLUMN release_opening.release_no IS 'The release';
COMMENT ON COLUMN release_opening.day IS 'The day of play';
COMMENT ON COLUMN release_opening.opened_at IS 'When it opened: nothing of it was sold before';
COMMENT ON COLUMN release_opening.sequence IS 'The record that opened it';

CREATE TABLE resident (
    resident_no bigint PRIMARY KEY,
    role account_role NOT NULL,
    venue_no int,
    opened_at timestamptz NOT NULL,
    completed_at timestamptz,
    disabled_at timestamptz
);
COMMENT ON TABLE resident IS 'Accounts of residents and staff; who they are is sealed in journal_record and stands nowhere else';
COMMENT ON COLUMN resident.resident_no IS 'The account''s number';
COMMENT ON COLUMN resident.role IS 'What it may do';
COMMENT ON COLUMN resident.venue_no IS 'Of a manager or a front desk: at which venue';
COMMENT ON COLUMN resident.opened_at IS 'When it was opened';
COMMENT ON COLUMN resident.completed_at IS 'When an account that was opened at a counter became its resident''s own';
COMMENT ON COLUMN resident.disabled_at IS 'When its rights were taken away';

CREATE TABLE booking (
    booking_no bigint NOT NULL,
    created_at timestamptz NOT NULL,
    resident_no bigint NOT NULL,
    venue_no int NOT NULL,
    pitch_no bigint NOT NULL,
    day date NOT NULL,
    first_unit smallint NOT NULL,
    units smallint NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    party_size int NOT NULL,
    price bigint NOT NULL CHECK (price >= 0),
    refund bigint NOT NULL CHECK (refund >= 0 AND refund <= price),
    payment payment NOT NULL,
    release_no int,
    state booking_state NOT NULL,
    expires_at timestamptz,
    confirmed_at timestamptz,
    checked_in_at timestamptz,
    moved_at timestamptz,
    ended_at timestamptz,
    cancel_reason cancel_reason,
    last_sequence bigint NOT NULL,
    PRIMARY KEY (booking_no, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX booking_resident ON booking (resident_no);
CREATE INDEX booking_pitch_day ON booking (pitch_no, day);
COMMENT ON TABLE booking IS 'Bookings and holds with their present state; a partition for each month of created_at, in UTC';
COMMENT ON COLUMN booking.booking_no IS 'Its number, unique in the city';
COMMENT ON COLUMN booking.created_at IS 'When it was made';
COMMENT ON COLUMN booking.resident_no IS 'Who booked';
COMMENT ON COLUMN booking.venue_no IS 'At which venue';
COMMENT ON COLUMN booking.pitch_no IS 'Which pitch';
COMMENT ON COLUMN booking.day IS 'The day of play, in the city''s calendar';
COMMENT ON COLUMN booking.first_unit IS 'Its first half hour of the day, 0 is 00:00 to 00:30';
COMMENT ON COLUMN booking.units IS 'How many half hours it has';
COMMENT ON COLUMN booking.starts_at IS 'When its time begins';
COMMENT ON COLUMN booking.ends_at IS 'When its time ends';
COMMENT ON COLUMN booking.party_size IS 'How many people; of a session, how many places';
COMMENT ON COLUMN booking.price IS 'What it costs, in minor units';
COMMENT ON COLUMN booking.refund IS 'What was given back when it was cancelled, in minor units';
COMMENT ON COLUMN booking.payment IS 'From the wallet or at the counter';
COMMENT ON COLUMN booking.release_no IS 'The release that governed it';
COMMENT ON COLUMN booking.state IS 'Where it stands';
COMMENT ON COLUMN booking.expires_at IS 'Of what was held at first: when the hold ends unpaid';
COMMENT ON COLUMN booking.confirmed_at IS 'When it was paid';
COMMENT ON COLUMN booking.checked_in_at IS 'When somebody was let in';
COMMENT ON COLUMN booking.moved_at IS 'When it was last moved to another place or time';
COMMENT ON COLUMN booking.ended_at IS 'When it was completed, missed, cancelled, given up or expired';
COMMENT ON COLUMN booking.cancel_reason IS 'Of a cancelled one: who cancelled';
COMMENT ON COLUMN booking.last_sequence IS 'The record that changed it last';

CREATE TABLE booking_event (
    sequence bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    booking_no bigint NOT NULL,
    step booking_step NOT NULL,
    charged bigint NOT NULL,
    staff_no bigint,
    PRIMARY KEY (sequence, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX booking_event_booking ON booking_event (booking_no);
COMMENT ON TABLE booking_event IS 'Every step of every booking, in order; a partition for each month of occurred_at, in UTC';
COMMENT ON COLUMN booking_event.sequence IS 'The record that says so';
COMMENT ON COLUMN booking_event.occurred_at IS 'When it happened';
COMMENT ON COLUMN booking_event.booking_no IS 'Which booking';
COMMENT ON COLUMN booking_event.step IS 'What happened';
COMMENT ON COLUMN booking_event.charged IS 'What the payer paid by this step, in minor units; negative where money was given back';
COMMENT ON COLUMN booking_event.staff_no IS 'Which of the staff did it; nothing when nobody of the staff did';

CREATE TABLE account (
    account_no bigint PRIMARY KEY,
    kind account_kind NOT NULL,
    resident_no bigint,
    venue_no int
);
COMMENT ON TABLE account IS 'Accounts of the ledger';
COMMENT ON COLUMN account.account_no IS 'Its number: a wallet has its resident''s; revenue is 2^32, a till 2^33 and more, plus the venue''s; others begin at 3 * 2^32';
COMMENT ON COLUMN account.kind IS 'A resident''s wallet, a venue''s revenue or till, the payment provider, or what wallets had when they were enrolled';
COMMENT ON COLUMN account.resident_no IS 'Whose wallet it is';
COMMENT ON COLUMN account.venue_no IS 'Whose revenue or till it is';

CREATE TABLE ledger_line (
    sequence bigint NOT NULL,
    account_no bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    movement movement NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    booking_no bigint,
    PRIMARY KEY (sequence, account_no)
);
CREATE INDEX ledger_line_account ON ledger_line (account_no);
COMMENT ON TABLE ledger_line IS 'Double entry: the lines of one record sum to 0, and so do all';
COMMENT ON COLUMN ledger_line.sequence IS 'The record that moved the money';
COMMENT ON COLUMN ledger_line.account_no IS 'The account';
COMMENT ON COLUMN ledger_line.occurred_at IS 'When it was moved';
COMMENT ON COLUMN ledger_line.movement IS 'Why it was moved';
COMMENT ON COLUMN ledger_line.amount IS 'In minor units: positive is in, negative is out';
COMMENT ON COLUMN ledger_line.booking_no IS 'For which booking, where it was for one';

CREATE TABLE check_in (
    booking_no bigint PRIMARY KEY,
    sequence bigint NOT NULL,
    checked_in_at timestamptz NOT NULL,
    venue_no int NOT NULL,
    staff_no bigint
);
COMMENT ON TABLE check_in IS 'Who was let in: nobody twice';
COMMENT ON COLUMN check_in.booking_no IS 'Whose party';
COMMENT ON COLUMN check_in.sequence IS 'The record that says so';
COMMENT ON COLUMN check_in.checked_in_at IS 'When that was';
COMMENT ON COLUMN check_in.venue_no IS 'Where';
COMMENT ON COLUMN check_in.staff_no IS 'Which of the staff did it';

CREATE TABLE audit (
    sequence bigint PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    staff_no bigint,
    action text NOT NULL,
    venue_no int,
    pitch_no bigint,
    booking_no bigint,
    resident_no bigint,
    details json
);
COMMENT ON TABLE audit IS 'What the staff did';
COMMENT ON COLUMN audit.sequence IS 'The record that says so';
COMMENT ON COLUMN audit.occurred_at IS 'When it was done';
COMMENT ON COLUMN audit.staff_no IS 'Who did it; nothing for the import of the city''s files';
COMMENT ON COLUMN audit.action IS 'What was done';
COMMENT ON COLUMN audit.venue_no IS 'At which venue, where it was at one';
COMMENT ON COLUMN audit.pitch_no IS 'To which pitch, where it was to one';
COMMENT ON COLUMN audit.booking_no IS 'To which booking, where it was to one';
COMMENT ON COLUMN audit.resident_no IS 'To which account, where it was to one';
COMMENT ON COLUMN audit.details IS 'What was set, where more than the columns say';

CREATE TABLE live_occupancy (
    leaf_no bigint NOT NULL,
    day date NOT NULL,
    unit smallint NOT NULL,
    booking_no bigint NOT NULL,
    PRIMARY KEY (leaf_no, day, unit)
);
COMMENT ON TABLE live_occupancy IS 'Who has which half hour of which leaf on open days: the primary key lets none be sold twice';
COMMENT ON COLUMN live_occupancy.leaf_no IS 'The leaf: see pitch.first_leaf';
COMMENT ON COLUMN live_occupancy.day IS 'The day of play';
COMMENT ON COLUMN live_occupancy.unit IS 'The half hour';
COMMENT ON COLUMN live_occupancy.booking_no IS 'Whose it is';

CREATE TABLE live_session (
    pitch_no bigint NOT NULL,
    day date NOT NULL,
    unit smallint NOT NULL,
    sold int NOT NULL,
    capacity int NOT NULL,
    PRIMARY KEY (pitch_no, day, unit),
    CONSTRAINT live_session_not_over_capacity CHECK (sold >= 0 AND sold <= capacity)
);
COMMENT ON TABLE live_session IS 'Places of sessions that are sold on open days: the check lets none be sold over its capacity';
COMMENT ON COLUMN live_session.pitch_no IS 'The session';
COMMENT ON COLUMN live_session.day IS 'The day of play';
COMMENT ON COLUMN live_session.unit IS 'The half hour';
COMMENT ON COLUMN live_session.sold IS 'How many places are sold';
COMMENT ON COLUMN live_session.capacity IS 'The most places that it ever had since it was opened: what was sold then stays sold';

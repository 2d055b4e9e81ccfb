//! One batch, one transaction: the offset locked and compared, rows freed, rows added, rows changed, the offset moved.

use std::collections::BTreeSet;

use sqlx::Connection;

use super::booking_row::BookingRow;
use super::books::Books;
use super::catalogue_rows;
use super::copy::Rows;
use super::database::Link;
use super::fault::{Fault, Refusal, unfit};
use super::fold::{Changes, Record, needed};
use super::occupancy::{Occupancy, Slot};
use super::offset::Offset;
use super::tables::{
    BOOKING, DISTRICT, LIVE_OCCUPANCY, PITCH, RELEASE, RESIDENT, RESIDENT_KEY, SPORT, Table, VENUE,
};
use super::worker::WrappedKeys;
use crate::domain::change::Named;
use crate::domain::event::Role;
use crate::domain::ids::BookingNo;
use crate::domain::time::UtcMillis;

/// Holds the rows that bookings change to, as long as the connection lives.
pub(super) const SCRATCH: &str =
    "CREATE TEMPORARY TABLE IF NOT EXISTS changed_booking (LIKE booking) ON COMMIT DELETE ROWS";

/// Writes records that follow the offset; the offset behind them.
pub(super) async fn write(
    link: &mut Link,
    books: &mut Books,
    offset: &Offset,
    records: &[Record],
    keys: &dyn WrappedKeys,
) -> Result<Offset, Fault> {
    let Some(last) = records.last() else { return Ok(offset.clone()) };
    link.run("BEGIN").await?;
    let found = Offset::lock(link).await?;
    if found.as_ref() != Some(offset) {
        return Err(Fault::Away("somebody else has written into it".to_owned()));
    }
    let looked_up = look_up(link, &needed(records)).await?;
    let mut changes = Changes::begin(books, looked_up);
    for record in records {
        changes.add(books, record).map_err(unfit(record.sequence.get()))?;
    }
    let mut occupancy = changes.occupancy(books).map_err(unfit(last.sequence.get()))?;
    write_occupancy(link, books, &changes, &mut occupancy).await?;
    for (table, rows) in changes.added() {
        link.copy_in(table, rows).await?;
    }
    write_catalogue(link, books, &changes).await?;
    write_residents(link, &changes, keys).await?;
    write_bookings(link, &changes).await?;
    let behind = offset.behind(last);
    behind.write(link, last.at, books).await?;
    link.run("COMMIT").await?;
    Ok(behind)
}

/// Bookings as they stand.
async fn look_up(link: &mut Link, nos: &[BookingNo]) -> Result<Vec<BookingRow>, Fault> {
    if nos.is_empty() {
        return Ok(Vec::new());
    }
    let nos: Vec<String> = nos.iter().map(|no| no.get().to_string()).collect();
    let statement = BOOKING.copy_out(&format!("WHERE booking_no = ANY ('{{{}}}'::bigint[])", nos.join(",")));
    let mut rows = Vec::with_capacity(nos.len());
    link.copy_out(&statement, |row| {
        rows.push(BookingRow::read(row)?);
        Ok(())
    })
    .await?;
    Ok(rows)
}

async fn write_occupancy(
    link: &mut Link,
    books: &Books,
    changes: &Changes,
    occupancy: &mut Occupancy,
) -> Result<(), Fault> {
    if !occupancy.freed.is_empty() {
        let leaves: Vec<i64> = occupancy.freed.iter().map(|((leaf, ..), _)| i64::from(*leaf)).collect();
        let days: Vec<i32> = occupancy.freed.iter().map(|((_, day, _), _)| day.get()).collect();
        let units: Vec<i16> = occupancy.freed.iter().map(|((.., unit), _)| i16::from(*unit)).collect();
        let nos: Vec<i64> = occupancy.freed.iter().map(|(_, no)| i64::from(*no)).collect();
        let freed = sqlx::query(
            "DELETE FROM live_occupancy o USING unnest($1::bigint[], $2::int[], $3::smallint[], $4::bigint[]) \
             AS f (leaf_no, day, unit, booking_no) WHERE o.leaf_no = f.leaf_no AND o.day = '1970-01-01'::date + f.day \
             AND o.unit = f.unit AND o.booking_no = f.booking_no",
        )
        .bind(leaves)
        .bind(days)
        .bind(units)
        .bind(nos)
        .execute(link.connection())
        .await?
        .rows_affected();
        if freed != occupancy.freed.len() as u64 {
            let missing = occupancy.freed.len() as u64 - freed.min(occupancy.freed.len() as u64);
            let what = format!("{missing} half hours that are freed were not taken in live_occupancy");
            return Err(Refusal::Constraint(what).into());
        }
    }
    if books.first_open() != changes.first_open_before {
        let first = books.first_open().map(|day| day.get());
        for sql in [
            "DELETE FROM live_occupancy WHERE day < '1970-01-01'::date + $1",
            "DELETE FROM live_session WHERE day < '1970-01-01'::date + $1",
        ] {
            sqlx::query(sql).bind(first).execute(link.connection()).await?;
        }
    }
    let mut rows = Rows::default();
    occupancy.put_taken(&mut rows);
    link.copy_in(LIVE_OCCUPANCY, &rows).await?;
    write_sessions(link, books, occupancy).await
}

async fn write_sessions(link: &mut Link, books: &Books, occupancy: &Occupancy) -> Result<(), Fault> {
    // Of days that were over before the batch nothing is taken, and of those that ended within it nothing is kept.
    let changed = || occupancy.sold.iter().filter(|((_, day, _), _)| books.is_open(*day));
    let more: Vec<_> = changed().filter(|(_, (places, _))| *places > 0).collect();
    let fewer: Vec<_> = changed().filter(|(_, (places, _))| *places < 0).collect();
    // Mostly places are sold, and then one statement is all; the check judges what each slot comes to.
    change_sessions(
        link,
        "INSERT INTO live_session AS l (pitch_no, day, unit, sold, capacity) \
         SELECT s.pitch_no, '1970-01-01'::date + s.day, s.unit, s.places, s.capacity \
         FROM unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[], $5::int[]) AS s (pitch_no, day, unit, places, capacity) \
         ON CONFLICT (pitch_no, day, unit) DO UPDATE SET sold = l.sold + excluded.sold, capacity = excluded.capacity",
        &more,
    )
    .await?;
    let given_back = change_sessions(
        link,
        "UPDATE live_session l SET sold = l.sold + s.places, capacity = s.capacity \
         FROM unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[], $5::int[]) AS s (pitch_no, day, unit, places, capacity) \
         WHERE l.pitch_no = s.pitch_no AND l.day = '1970-01-01'::date + s.day AND l.unit = s.unit",
        &fewer,
    )
    .await?;
    if given_back != fewer.len() as u64 {
        let what = "places are given back of which none are sold in live_session".to_owned();
        return Err(Refusal::Constraint(what).into());
    }
    change_sessions(
        link,
        "DELETE FROM live_session l \
         USING unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[], $5::int[]) AS s (pitch_no, day, unit, places, capacity) \
         WHERE l.sold = 0 AND l.pitch_no = s.pitch_no AND l.day = '1970-01-01'::date + s.day AND l.unit = s.unit",
        &fewer,
    )
    .await?;
    Ok(())
}

/// Runs a statement over slots, each with how many places more it sold, and how many it has; how many rows it changed.
async fn change_sessions(
    link: &mut Link,
    sql: &'static str,
    slots: &[(&Slot, &(i64, u16))],
) -> Result<u64, Fault> {
    if slots.is_empty() {
        return Ok(0);
    }
    let pitches: Vec<i64> = slots.iter().map(|((pitch, ..), _)| i64::from(pitch.get())).collect();
    let days: Vec<i32> = slots.iter().map(|((_, day, _), _)| day.get()).collect();
    let units: Vec<i16> = slots.iter().map(|((.., unit), _)| i16::from(*unit)).collect();
    let places: Vec<i32> =
        slots.iter().map(|(_, (places, _))| i32::try_from(*places).unwrap_or(i32::MAX)).collect();
    let capacities: Vec<i32> = slots.iter().map(|(_, (_, capacity))| i32::from(*capacity)).collect();
    let changed = sqlx::query(sql)
        .bind(pitches)
        .bind(days)
        .bind(units)
        .bind(places)
        .bind(capacities)
        .execute(link.connection())
        .await?;
    Ok(changed.rows_affected())
}

/// What changed of the catalogue is written anew, which is seldom and little.
async fn write_catalogue(link: &mut Link, books: &Books, changes: &Changes) -> Result<(), Fault> {
    let Ok(catalogue) = books.catalogue() else { return Ok(()) };
    let (mut districts, mut sports) = (Rows::default(), Rows::default());
    for no in &changes.districts {
        catalogue_rows::named(&mut districts, catalogue, Named::District(*no));
    }
    for no in &changes.sports {
        catalogue_rows::named(&mut sports, catalogue, Named::Sport(*no));
    }
    replace(link, DISTRICT, changes.districts.iter().map(|no| i64::from(no.get())), &districts).await?;
    replace(link, SPORT, changes.sports.iter().map(|no| i64::from(no.get())), &sports).await?;
    let mut venues = Rows::default();
    for venue in changes.venues.iter().filter_map(|no| catalogue.venue(*no)) {
        catalogue_rows::venue(&mut venues, venue);
    }
    replace(link, VENUE, changes.venues.iter().map(|no| i64::from(no.get())), &venues).await?;
    let mut pitches = Rows::default();
    for pitch in changes.pitches.iter().filter_map(|no| catalogue.pitch(*no)) {
        catalogue_rows::pitch(&mut pitches, pitch);
    }
    replace(link, PITCH, changes.pitches.iter().map(|no| i64::from(no.get())), &pitches).await?;
    let mut releases = Rows::default();
    for release in changes.releases.iter().filter_map(|no| catalogue.release(*no)) {
        catalogue_rows::release(&mut releases, release);
    }
    link.copy_in(RELEASE, &releases).await?;
    if !changes.pitches.is_empty() {
        write_capacities(link, books, changes).await?;
    }
    Ok(())
}

/// The capacity that a session's slots are checked against follows the highest that it ever had.
async fn write_capacities(link: &mut Link, books: &Books, changes: &Changes) -> Result<(), Fault> {
    use crate::domain::catalogue::PitchKind;
    for pitch in changes.pitches.iter().filter_map(|no| books.pitch(*no).ok()) {
        if let PitchKind::Session { capacity_ever, .. } = pitch.kind {
            sqlx::query("UPDATE live_session SET capacity = $1 WHERE pitch_no = $2 AND capacity <> $1")
                .bind(i32::from(capacity_ever))
                .bind(i64::from(pitch.no.get()))
                .execute(link.connection())
                .await?;
        }
    }
    Ok(())
}

async fn replace(
    link: &mut Link,
    table: Table,
    nos: impl Iterator<Item = i64>,
    rows: &Rows,
) -> Result<(), Fault> {
    let nos: Vec<String> = nos.map(|no| no.to_string()).collect();
    if nos.is_empty() {
        return Ok(());
    }
    let (name, key) = (table.name, table.columns.first().copied().unwrap_or_default());
    link.run(&format!("DELETE FROM {name} WHERE {key} = ANY ('{{{}}}'::bigint[])", nos.join(","))).await?;
    link.copy_in(table, rows).await
}

async fn write_residents(link: &mut Link, changes: &Changes, keys: &dyn WrappedKeys) -> Result<(), Fault> {
    let mut rows = Rows::default();
    let mut wrapped = Rows::default();
    for opened in &changes.opened {
        resident(&mut rows, opened.resident.get(), opened.role, opened.at, Later::default());
        let key = keys.wrapped(opened.resident);
        if let Some(key) = key.map_err(|error| Fault::Away(format!("the residents' keys: {error}")))? {
            wrapped.row(RESIDENT_KEY.width()).int8(opened.resident.get().into()).blob(&key);
        }
    }
    link.copy_in(RESIDENT, &rows).await?;
    link.copy_in(RESIDENT_KEY, &wrapped).await?;
    for enrolled in &changes.enrolled {
        let (first, count) = (i64::from(enrolled.first.get()), i64::from(enrolled.count));
        for sql in [
            "INSERT INTO resident (resident_no, role, opened_at) SELECT no, 'resident', 'epoch'::timestamptz + $3 * interval '1 ms' \
             FROM generate_series($1, $1 + $2 - 1) AS no WHERE ($4, $5) IS NOT NULL",
            "INSERT INTO account (account_no, kind, resident_no) SELECT no, 'wallet', no \
             FROM generate_series($1, $1 + $2 - 1) AS no WHERE ($3, $4, $5) IS NOT NULL",
            "INSERT INTO ledger_line (sequence, account_no, occurred_at, movement, amount) \
             SELECT $4, no, 'epoch'::timestamptz + $3 * interval '1 ms', 'opening', $5 \
             FROM generate_series($1, $1 + $2 - 1) AS no WHERE $5 <> 0",
        ] {
            sqlx::query(sql)
                .bind(first)
                .bind(count)
                .bind(enrolled.at.get())
                .bind(enrolled.sequence)
                .bind(enrolled.balance)
                .execute(link.connection())
                .await?;
        }
    }
    let steps = [
        (
            "UPDATE resident SET erased_at = 'epoch'::timestamptz + $2 * interval '1 ms' WHERE resident_no = $1",
            &changes.erased,
        ),
        (
            "UPDATE resident SET completed_at = 'epoch'::timestamptz + $2 * interval '1 ms' WHERE resident_no = $1",
            &changes.completed,
        ),
        (
            "UPDATE resident SET disabled_at = 'epoch'::timestamptz + $2 * interval '1 ms' WHERE resident_no = $1 AND disabled_at IS NULL",
            &changes.disabled,
        ),
    ];
    for (sql, residents) in steps {
        for (no, at) in residents {
            sqlx::query(sql).bind(i64::from(no.get())).bind(at.get()).execute(link.connection()).await?;
        }
    }
    // Also what this batch itself has copied: the key may not have been destroyed yet when it was read.
    let erased: Vec<i64> = changes.erased.keys().map(|no| i64::from(no.get())).collect();
    if !erased.is_empty() {
        let sql = "DELETE FROM resident_key WHERE resident_no = ANY ($1)";
        sqlx::query(sql).bind(erased).execute(link.connection()).await?;
    }
    Ok(())
}

/// What became of an account after it was opened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Later {
    pub(super) completed_at: Option<UtcMillis>,
    pub(super) disabled_at: Option<UtcMillis>,
    pub(super) erased_at: Option<UtcMillis>,
}

/// A row of `resident`.
pub(super) fn resident(rows: &mut Rows, no: u32, role: Role, opened_at: UtcMillis, later: Later) {
    let (name, venue) = match role {
        Role::Resident => ("resident", None),
        Role::VenueManager(venue) => ("venue_manager", Some(venue)),
        Role::FrontDesk(venue) => ("front_desk", Some(venue)),
        Role::Operator => ("operator", None),
    };
    rows.row(RESIDENT.width())
        .int8(no.into())
        .text(name)
        .maybe(venue, |rows, venue| rows.int4(venue.get().cast_signed()))
        .time(opened_at.get())
        .maybe(later.completed_at, |rows, at| rows.time(at.get()))
        .maybe(later.disabled_at, |rows, at| rows.time(at.get()))
        .maybe(later.erased_at, |rows, at| rows.time(at.get()));
}

async fn write_bookings(link: &mut Link, changes: &Changes) -> Result<(), Fault> {
    let (mut made, mut changed) = (Rows::default(), Rows::default());
    // By number, so that the index grows at one end.
    let mut touched: Vec<_> = changes.bookings.values().collect();
    touched.sort_unstable_by_key(|touched| touched.now.no);
    for touched in touched {
        match touched.before {
            None => touched.now.put(&mut made),
            Some(_) => touched.now.put(&mut changed),
        }
    }
    link.copy_in(BOOKING, &made).await?;
    if changed.is_empty() {
        return Ok(());
    }
    link.copy_in_as(&BOOKING.copy_into("changed_booking"), &changed).await?;
    let columns: Vec<&str> = BOOKING.columns.iter().skip(2).copied().collect();
    let from: Vec<String> = columns.iter().map(|column| format!("c.{column}")).collect();
    link.run(&format!(
        "UPDATE booking b SET ({}) = ROW ({}) FROM changed_booking c \
         WHERE b.booking_no = c.booking_no AND b.created_at = c.created_at",
        columns.join(", "),
        from.join(", ")
    ))
    .await
}

/// Makes the partitions of the months that records fall into, and of the month after: new ones are attached, which stops nobody.
pub(super) async fn make_months(
    link: &mut Link,
    known: &mut BTreeSet<String>,
    records: &[Record],
) -> Result<(), Fault> {
    let of_bookings = records.iter().filter(|record| record.is_of_booking());
    make_partitions(link, known, of_bookings.map(|record| month_of(record.at)).collect()).await
}

/// Makes the partitions of these months, and of the month after the last.
pub(super) async fn make_partitions(
    link: &mut Link,
    known: &mut BTreeSet<String>,
    mut months: BTreeSet<jiff::civil::Date>,
) -> Result<(), Fault> {
    let Some(last) = months.last().copied() else { return Ok(()) };
    months.insert(month_after(last));
    for month in months {
        let next = month_after(month);
        for table in ["booking", "booking_event"] {
            let name = format!("{table}_{:04}_{:02}", month.year(), month.month());
            if known.contains(&name) {
                continue;
            }
            let mut transaction = link.connection().begin().await?;
            let sql = format!(
                "CREATE TABLE IF NOT EXISTS {name} (LIKE {table} INCLUDING ALL); \
                 COMMENT ON TABLE {name} IS 'The part of {table} that is of {:04}-{:02}'; \
                 DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = '{name}'::regclass) THEN \
                 ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{month} 00:00:00+00') TO ('{next} 00:00:00+00'); \
                 END IF; END $$",
                month.year(),
                month.month()
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *transaction).await?;
            transaction.commit().await?;
            known.insert(name);
        }
    }
    Ok(())
}

/// The month that a moment is of, in UTC.
pub(super) fn month_of(at: UtcMillis) -> jiff::civil::Date {
    let stamp = jiff::Timestamp::from_millisecond(at.get()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::TimeZone::UTC.to_datetime(stamp).date().first_of_month()
}

fn month_after(month: jiff::civil::Date) -> jiff::civil::Date {
    month.saturating_add(jiff::Span::new().months(1)).first_of_month()
}

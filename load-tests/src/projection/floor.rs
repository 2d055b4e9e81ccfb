//! The floor: binary COPY of the rows that a burst has left, into the same tables with the same indexes and constraints.

use std::fs;
use std::time::Duration;

use crate::postgres::Postgres;
use crate::{Failure, clock};

/// The tables that bookings fill, each with how its rows of a burst are told from those that were there before it.
const TABLES: [(&str, Told); 6] = [
    ("journal_record", Told::BySequence),
    ("booking", Told::All),
    ("booking_event", Told::All),
    ("ledger_line", Told::BySequence),
    ("live_occupancy", Told::All),
    ("live_session", Told::All),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// There was none.
    All,
    BySequence,
}

impl Told {
    fn condition(self, last_before: &str) -> String {
        match self {
            Self::All => "true".to_owned(),
            Self::BySequence => format!("sequence > {last_before}"),
        }
    }
}

/// Takes the burst's rows out of a database, which began as a copy of `seeded`, and loads them again; how long the latter took.
pub(super) fn copy_alone(postgres: &Postgres, seeded: &str, database: &str) -> Result<Duration, Failure> {
    let last_before = postgres.sql_in(seeded, "SELECT sequence FROM projection");
    let dir = postgres.data();
    let mut script = "SET search_path = kaichang;\n".to_owned();
    for (table, told) in TABLES {
        let condition = told.condition(&last_before);
        let file = format!("{}/{table}.copy", dir.display());
        let out = format!("COPY (SELECT * FROM {table} WHERE {condition}) TO '{file}' (FORMAT binary)");
        let _ = postgres.sql_in(database, &out);
        let empty = match told {
            Told::All => format!("TRUNCATE {table}"),
            Told::BySequence => format!("DELETE FROM {table} WHERE {condition}"),
        };
        let _ = postgres.sql_in(database, &empty);
        // Room for dead rows is room for new ones, which would be cheaper than what is measured.
        let _ = postgres.sql_in(database, &format!("VACUUM FULL {table}"));
        script.push_str(&format!("\\copy {table} FROM '{file}' (FORMAT binary)\n"));
    }
    let _ = postgres.sql_in(database, "CHECKPOINT");
    let file = dir.join("copy.sql");
    fs::write(&file, script)?;
    let file = file.to_str().ok_or("a path that is no text")?;
    let url = postgres.url_of(database);
    let begun = clock::now();
    let copied = postgres.run("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-f", file]);
    let took = begun.elapsed();
    if !copied.status.success() {
        return Err(format!("COPY alone failed: {}", String::from_utf8_lossy(&copied.stderr)).into());
    }
    Ok(took)
}

//! The same statements as a script of pgbench: without HTTP, axum and sqlx between.

use super::{BEST, quota, usual};
use crate::baselines::Baseline;

/// The day of everything that is booked so, and the time of every slot: a slot is told by its pitch, which is a number.
pub(crate) const DAY: &str = "2026-11-25";
pub(crate) const START: &str = "2026-11-25T09:00:00+08:00";

/// A script that books one slot after the other, so many in all, each once and in an order without order; or one slot alone.
///
/// Each client counts in `n` what it has booked, and `--define n=0` begins it.
pub(crate) fn script(baseline: Baseline, slots: usize, residents: usize, clients: u32) -> String {
    let mut lines = vec!["\\set n :n + 1".to_owned(), format!("\\set number :client_id + :n * {clients}")];
    let slot = match baseline {
        Baseline::PostgresHot => "\\set slot 0".to_owned(),
        Baseline::Limit
        | Baseline::RedisAlways
        | Baseline::RedisEverysec
        | Baseline::Postgres
        | Baseline::PostgresBest => format!("\\set slot permute(:number % {slots}, {slots})"),
    };
    lines.push(slot);
    // A resident has no more than the quota lets through.
    lines.push(format!("\\set resident permute(:number % {residents}, {residents})"));
    lines.push("\\set request random(1, 1000000000000000)".to_owned());
    if baseline == Baseline::Postgres {
        lines.push("BEGIN;".to_owned());
        for statement in usual_statements() {
            lines.push(format!("{statement};"));
        }
        lines.push("COMMIT;".to_owned());
    } else {
        let statement = filled(
            BEST,
            &[":slot::text", &start(), ":resident::int", &day(), &quota().to_string(), ":request::text"],
        );
        lines.push(format!("{};", statement.trim().replace('\n', " ")));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn usual_statements() -> Vec<String> {
    let (slot, resident, request, price) = (":slot::text", ":resident::int", ":request::text", "100");
    let (start, day) = (start(), day());
    vec![
        filled(usual::KNOWN, &[resident, request]),
        filled(usual::FREE, &[slot, &start]),
        filled(usual::BALANCE, &[resident]),
        filled(usual::OF_DAY, &[resident, &day]),
        filled(usual::TAKE, &[slot, &start]),
        filled(usual::PAY, &[resident, price]),
        filled(usual::NOTE, &[resident, slot, &start, &day, price, request]),
    ]
}

fn start() -> String {
    format!("'{START}'")
}

fn day() -> String {
    format!("'{DAY}'")
}

/// A statement with its places filled.
fn filled(sql: &str, values: &[&str]) -> String {
    let mut sql = sql.to_owned();
    for (at, value) in values.iter().enumerate() {
        sql = sql.replace(&format!("${}", at + 1), value);
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_every_statement_is_filled() {
        for baseline in [Baseline::Postgres, Baseline::PostgresBest, Baseline::PostgresHot] {
            let script = script(baseline, 1000, 100, 48);
            assert!(!script.contains('$'), "{script}");
            assert_eq!(script.matches("INSERT INTO booking").count(), 1, "{script}");
            assert_eq!(script.contains("BEGIN;"), baseline == Baseline::Postgres, "{script}");
            assert_eq!(script.contains("permute(:number % 1000, 1000)"), baseline != Baseline::PostgresHot);
        }
        assert_eq!(usual_statements().len(), 7, "as many as the transaction has");
    }
}

//! How a row is named to people, and in what two rows of one key differ.

use super::copy::Fields;
use super::tables::Table;

/// The bytes of a row's key.
pub(super) type Key = Box<[u8]>;
/// The bytes of a row.
pub(super) type Row = Box<[u8]>;

/// The key's fields stand first, so their bytes are the row's first.
pub(super) fn key_of(table: Table, row: &[u8]) -> Key {
    let mut fields = Fields::of(row);
    for _ in 0..table.key {
        let _ = fields.bytes();
    }
    let rest = fields.left();
    row[2.min(row.len())..row.len() - rest].into()
}

/// The row's table and key.
pub(super) fn named(table: Table, row: &[u8]) -> String {
    let mut fields = Fields::of(row);
    let keys: Vec<String> = table
        .columns
        .iter()
        .take(table.key)
        .map(|column| shown(column, fields.bytes().ok().flatten()))
        .collect();
    format!("{} {}", table.name, keys.join(" "))
}

/// Every column in which they differ.
pub(super) fn differing(table: Table, expected: &[u8], found: &[u8]) -> String {
    let (mut expected, mut fields) = (Fields::of(expected), Fields::of(found));
    let mut columns = Vec::new();
    for column in table.columns {
        let (expected, found) = (expected.bytes().ok().flatten(), fields.bytes().ok().flatten());
        if expected != found {
            let (expected, found) = (shown(column, expected), shown(column, found));
            columns.push(format!("{column} is {found}, and {expected} by the journal"));
        }
    }
    format!("{}: {}", named(table, found), columns.join("; "))
}

/// A value as people read it, by its length: the tables have few types.
fn shown(column: &str, value: Option<&[u8]>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    match *value {
        [truth] => (truth != 0).to_string(),
        [a, b] if !a.is_ascii_alphanumeric() => i16::from_be_bytes([a, b]).to_string(),
        [a, b, c, d] if !column.contains("state") && !column.contains("step") && !column.contains("kind") => {
            let number = i32::from_be_bytes([a, b, c, d]);
            if column == "day" || column.ends_with("_day") { day(number) } else { number.to_string() }
        }
        [a, b, c, d, e, f, g, h] if a == 0 || a == 0xff => {
            let number = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
            if column.ends_with("_at") { moment(number) } else { number.to_string() }
        }
        _ => match std::str::from_utf8(value) {
            Ok(text) if !text.chars().any(char::is_control) => format!("{text:?}"),
            _ => data_encoding::HEXLOWER.encode(value),
        },
    }
}

/// A day, counted from 2000.
fn day(number: i32) -> String {
    crate::domain::time::LocalDay::new(number.saturating_add(10_957)).to_string()
}

/// A moment, in microseconds since 2000.
fn moment(number: i64) -> String {
    let us = number.saturating_add(946_684_800_000_000);
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| number.to_string(), |moment| moment.to_string())
}

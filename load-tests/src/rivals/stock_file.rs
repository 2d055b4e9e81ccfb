//! What a rival sells, as a file between the harness and its baseline: a line for each slot with pitch, start and places.

use std::fmt::Write;
use std::path::Path;

use crate::Failure;
use crate::stock::StockItem;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StockLine {
    pub(crate) pitch: Box<str>,
    pub(crate) start: Box<str>,
    pub(crate) places: u32,
}

pub(crate) fn write<'a>(path: &Path, stock: impl Iterator<Item = &'a StockItem>) -> Result<(), Failure> {
    let mut text = String::new();
    for StockItem { pitch, start, sold, .. } in stock {
        writeln!(text, "{pitch} {start} {}", sold.places())?;
    }
    std::fs::write(path, text).map_err(|error| format!("write {}: {error}", path.display()))?;
    Ok(())
}

pub(crate) fn read(path: &Path) -> Result<Vec<StockLine>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("read {}: {error}", path.display()))?;
    let lines = text.lines().map(|line| {
        parse(line).ok_or_else(|| format!("{}: `{line}` is not PITCH START PLACES", path.display()).into())
    });
    lines.collect()
}

fn parse(line: &str) -> Option<StockLine> {
    let mut words = line.split(' ');
    let (pitch, start, places) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
    words.next().is_none().then(|| StockLine { pitch: pitch.into(), start: start.into(), places })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stock::Sold;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("stock");
        let item = |pitch: &str, sold| StockItem {
            venue: "v".into(),
            pitch: pitch.into(),
            start: "2026-11-25T09:00:00+08:00".into(),
            end: "2026-11-25T10:00:00+08:00".into(),
            sold,
        };
        write(&path, [item("a", Sold::Once), item("b", Sold::Places(30))].iter()).expect("written");
        let lines = read(&path).expect("read");
        let line = |pitch: &str, places| StockLine {
            pitch: pitch.into(),
            start: "2026-11-25T09:00:00+08:00".into(),
            places,
        };
        assert_eq!(lines, [line("a", 1), line("b", 30)]);
        std::fs::write(&path, "a b\n").expect("written");
        assert!(read(&path).expect_err("no places").to_string().contains("PITCH START PLACES"));
    }
}

//! A file as a table: rows and cells that know their place, and columns that are found by their names in any order.
//!
//! The first line that is not blank names the columns. Blank lines are read over, lines of nothing but separators too. A cell
//! separator is a comma; a semicolon or a tab where the first line has no comma.

use csv::{ReaderBuilder, StringRecord};

use super::faults::{Fault, Faults, shown};
use super::files::{File, NOTE, Need};
use super::harmless::meant;
use super::text::decode;

/// A file that was read.
pub(super) struct Table {
    file: File,
    /// Where each of the file's columns stands in a line, if it is there.
    places: Vec<(&'static str, Option<usize>)>,
    rows: Vec<(u64, StringRecord)>,
}

/// A line of a table.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    pub(super) line: u64,
    record: &'a StringRecord,
}

impl Table {
    /// Reads a file. Where its first line is wrong, nothing of it is.
    pub(super) fn read(file: File, bytes: &[u8], faults: &mut Faults) -> Option<Self> {
        let text = match decode(bytes) {
            Ok(text) => text,
            Err(error) => {
                faults.add(Fault::of_file(file, error.to_string()));
                return None;
            }
        };
        let mut lines = records(file, &text, faults)?.into_iter();
        let Some((line, header)) = lines.next() else {
            faults.add(Fault::of_file(file, "is empty: its first line names the columns"));
            return None;
        };
        let places = places(file, line, &header, faults)?;
        let rows: Vec<_> = lines.collect();
        check_widths(file, &header, &rows, faults);
        Some(Self { file, places, rows })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, record)| Row { table: self, line: *line, record })
    }
}

/// The lines that are not blank, each with its number.
fn records(file: File, text: &str, faults: &mut Faults) -> Option<Vec<(u64, StringRecord)>> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    let mut read = Vec::new();
    let mut last = (1, 0);
    let mut record = StringRecord::new();
    loop {
        let from = usize::try_from(reader.position().byte()).unwrap_or(text.len());
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                faults.add(Fault::of_file(file, format!("can't be read: {error}")));
                return None;
            }
        }
        let line = lines.line_of_content(from);
        last = (line, lines.at);
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            read.push((line, record.clone()));
        }
    }
    let rest = text.as_bytes().get(last.1..).unwrap_or_default();
    let quotes = rest.iter().filter(|byte| **byte == b'"').count();
    if !quotes.is_multiple_of(2) && rest.trim_ascii().contains(&b'\n') {
        let text = "a quotation mark is opened here or below and never closed";
        faults.add(Fault::of_line(file, last.0, text));
        return None;
    }
    Some(read)
}

/// What separates cells: a comma, unless the first line has none and has something else that can.
fn separator(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let other = [b';', b'\t'].into_iter().find(|byte| first.as_bytes().contains(byte));
    other.filter(|_| !first.contains(',')).unwrap_or(b',')
}

/// Counts lines along a text.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first byte from here on that ends no line.
    fn line_of_content(&mut self, from: usize) -> u64 {
        let is_end = |byte: u8| byte == b'\n' || byte == b'\r';
        while let Some(byte) = self.text.get(self.at).copied() {
            if self.at >= from && !is_end(byte) {
                break;
            }
            let ends = byte == b'\n' || (byte == b'\r' && self.text.get(self.at + 1) != Some(&b'\n'));
            self.line += u64::from(ends);
            self.at += 1;
        }
        self.line
    }
}

type Places = Vec<(&'static str, Option<usize>)>;

fn places(file: File, line: u64, header: &StringRecord, faults: &mut Faults) -> Option<Places> {
    let columns = file.columns();
    let mut places: Places = columns.iter().map(|(name, _)| (*name, None)).collect();
    let mut is_good = true;
    let mut add = |number: usize, name: &str, text: String| {
        faults.add(Fault::of_line(file, line, text).at_column(number + 1, name));
        is_good = false;
    };
    for (number, cell) in header.iter().enumerate() {
        let name = cell.trim().to_lowercase();
        match places.iter_mut().find(|(known, _)| *known == name) {
            Some((_, Some(_))) => add(number, &name, "the column is there twice".to_owned()),
            Some((_, place)) => *place = Some(number),
            None if name.is_empty() || name == NOTE => {}
            None => {
                let known: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
                let known = known.join(", ");
                add(number, cell.trim(), format!("is no column of this file, which has {known} and {NOTE}"));
            }
        }
    }
    for ((name, place), (_, need)) in places.iter().zip(columns) {
        if place.is_none() && *need == Need::Always {
            faults.add(Fault::of_line(file, line, format!("the column {name} is missing")));
            is_good = false;
        }
    }
    is_good.then_some(places)
}

/// Cells that stand under no name would be lost.
fn check_widths(file: File, header: &StringRecord, rows: &[(u64, StringRecord)], faults: &mut Faults) {
    for (line, record) in rows {
        for (number, cell) in record.iter().enumerate() {
            if header.get(number).is_none_or(|name| name.trim().is_empty()) && !cell.trim().is_empty() {
                let text = format!("{} stands under no column's name", shown(cell));
                faults.add(Fault::of_line(file, *line, text).at_column(number + 1, ""));
            }
        }
    }
}

impl<'a> Row<'a> {
    fn place(&self, column: &str) -> Option<usize> {
        self.table.places.iter().find(|(name, _)| *name == column).and_then(|(_, place)| *place)
    }

    /// Whether the file has this column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.place(column).is_some()
    }

    /// A cell's text as it was meant, spaces around it included.
    pub(super) fn whole(&self, column: &str) -> &'a str {
        let cell = self.place(column).and_then(|place| self.record.get(place));
        meant(cell.unwrap_or_default())
    }

    /// A cell's text without the spaces around it.
    pub(super) fn text(&self, column: &str) -> &'a str {
        let cell = self.place(column).and_then(|place| self.record.get(place));
        meant(cell.unwrap_or_default().trim())
    }

    /// Reads a cell by a rule, which answers what it expects where the text is something else.
    pub(super) fn read<T>(
        &self,
        column: &str,
        faults: &mut Faults,
        rule: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(column);
        rule(text).map_err(|expected| self.expect(column, &expected, text, faults)).ok()
    }

    /// Reads a cell by a rule where it is not blank; a blank one means this.
    pub(super) fn read_or<T>(
        &self,
        column: &str,
        blank: T,
        faults: &mut Faults,
        rule: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.text(column).is_empty() { Some(blank) } else { self.read(column, faults, rule) }
    }

    /// A cell is not as it was expected.
    fn expect(&self, column: &str, expected: &str, found: &str, faults: &mut Faults) {
        let found = if found.is_empty() { "a blank cell".to_owned() } else { shown(found) };
        self.fault(column, format!("expected {expected}, found {found}"), faults);
    }

    /// Something is wrong with a cell.
    pub(super) fn fault(&self, column: &str, text: impl Into<String>, faults: &mut Faults) {
        let fault = Fault::of_line(self.table.file, self.line, text);
        faults.add(match self.place(column) {
            Some(place) => fault.at_column(place + 1, column),
            None => fault,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(u64, Vec<String>)>, Vec<String>) {
        let mut faults = Faults::default();
        let table = Table::read(File::Districts, text.as_bytes(), &mut faults);
        let row = |row: Row<'_>| {
            (row.line, ["id", "name_zh", "name_en"].map(|name| row.text(name).to_owned()).to_vec())
        };
        let rows = table.map_or_else(Vec::new, |table| table.rows().map(row).collect());
        (rows, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn columns_are_found_in_any_order_and_lines_are_counted_as_an_editor_does() {
        let text = "\n\r\nName_EN,id ,note,name_zh\r\n\"a\nb\",x,n,甲\r\n\r\n,,\r\n , y,,乙\n\n\n";
        let (rows, faults) = read(text);
        assert_eq!(faults, [""; 0]);
        let row = |line, cells: [&str; 3]| (line, cells.map(str::to_owned).to_vec());
        assert_eq!(rows, [row(4, ["x", "甲", "a\nb"]), row(8, ["y", "乙", ""])]);
    }

    #[test]
    fn semicolons_and_tabs_separate_where_the_first_line_has_no_comma() {
        for text in ["id;name_zh;name_en\nx;a,b;c", "id\tname_zh\tname_en\nx\ta,b\tc"] {
            assert_eq!(read(text).0, [(2, ["x", "a,b", "c"].map(str::to_owned).to_vec())]);
        }
    }

    #[test]
    fn each_fault_of_a_table_is_told_with_its_place() {
        for (text, fault) in [
            ("", "districts.csv: is empty"),
            (" \n,\n", "districts.csv: is empty"),
            ("id,name_zh", "districts.csv, line 1: the column name_en is missing"),
            (
                "id,name_zh,name_en,nam",
                "districts.csv, line 1, column 4 (nam): is no column of this file, which has id, name_zh, \
                 name_en and note",
            ),
            ("id,name_zh,name_en,ID", "districts.csv, line 1, column 4 (id): the column is there twice"),
            (
                "id,name_zh,name_en\nx,a,b\n\ny,a,b,c",
                "districts.csv, line 4, column 4 (): \"c\" stands under no column's name",
            ),
            (
                "id,name_zh,name_en\nx,a,b\ny,\"a,b\nz,a,b\n",
                "districts.csv, line 3: a quotation mark is opened here or below and never closed",
            ),
        ] {
            let told = read(text).1;
            assert!(told.len() == 1 && told[0].starts_with(fault), "{text:?}: {told:?}");
        }
    }

    #[test]
    fn a_stray_quotation_mark_in_a_cell_is_part_of_it() {
        let (rows, faults) = read("id,name_zh,name_en\nx,5\" 场,b\ny,a,b\n");
        assert_eq!((rows.len(), faults.len()), (2, 0));
    }
}

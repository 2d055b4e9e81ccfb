//! What is wrong with files, each fault with its place, gathered so that one run shows all that is to be done.

use std::fmt;

use super::files::File;

/// How many faults are kept; of the others only the number.
const FAULTS_MAX: usize = 500;
/// How much of a cell is repeated in a fault.
const SHOWN_CHARS_MAX: usize = 40;

/// Something wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    file: &'static str,
    /// Counted from 1, as an editor counts; a file as a whole has none.
    line: Option<u64>,
    column: Option<Place>,
    text: String,
}

/// A column: its place, counted from 1, and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    number: usize,
    name: String,
}

impl Fault {
    #[must_use]
    pub(super) fn of_file(file: File, text: impl Into<String>) -> Self {
        Self { file: file.name(), line: None, column: None, text: text.into() }
    }

    #[must_use]
    pub(super) fn of_line(file: File, line: u64, text: impl Into<String>) -> Self {
        Self { file: file.name(), line: Some(line), column: None, text: text.into() }
    }

    #[must_use]
    pub(super) fn at_column(mut self, number: usize, name: &str) -> Self {
        self.column = Some(Place { number, name: name.to_owned() });
        self
    }

    #[must_use]
    pub fn file(&self) -> &'static str {
        self.file
    }

    #[must_use]
    pub fn line(&self) -> Option<u64> {
        self.line
    }

    /// The column's name.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.column.as_ref().map(|place| place.name.as_str())
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(Place { number, name }) = &self.column {
            write!(f, ", column {number} ({name})")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// The faults of all files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    kept: Vec<Fault>,
    left_out: usize,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        if self.kept.len() < FAULTS_MAX {
            self.kept.push(fault);
        } else {
            self.left_out += 1;
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The faults that are kept, by file in the order in which files are read, then by line and column.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.kept.iter()
    }

    /// How many more there are.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    pub(super) fn sort(&mut self) {
        let file = |fault: &Fault| File::ALL.iter().position(|file| file.name() == fault.file);
        let column = |fault: &Fault| fault.column.as_ref().map(|place| place.number);
        self.kept.sort_by_key(|fault| (file(fault), fault.line, column(fault)));
    }
}

/// A cell's text as faults repeat it: in one line, and not too long.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(SHOWN_CHARS_MAX).map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_place() {
        let fault = Fault::of_line(File::Venues, 12, "no").at_column(7, "latitude");
        assert_eq!(fault.to_string(), "venues.csv, line 12, column 7 (latitude): no");
        assert_eq!(Fault::of_file(File::Venues, "no").to_string(), "venues.csv: no");
    }

    #[test]
    fn so_many_faults_are_kept_and_the_others_are_counted() {
        let mut faults = Faults::default();
        for line in 0..600 {
            faults.add(Fault::of_line(File::Venues, line, "no"));
        }
        assert_eq!((faults.iter().count(), faults.left_out()), (500, 100));
    }

    #[test]
    fn what_is_shown_of_a_cell_stays_in_its_line() {
        assert_eq!(shown("a\nb"), "\"a b\"");
        assert_eq!(shown(&"长".repeat(50)).chars().count(), 43);
    }
}

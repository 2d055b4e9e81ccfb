//! A draw: who gets which of the slots that more people want than there are, in a way that anybody can repeat.
//!
//! A secret seed is bound beforehand by its SHA-256, the entries by a hash over all of them when their window closes; then a public
//! value that nobody controls is mixed in, and everything follows: an order of the entries, and in that order each gets the first of
//! its choices that is still free. Always: the outcome is a function of the list, the seed and the value alone. What is hashed is
//! plain text, so that a stranger can write it down again (`docs/draw.md`); nothing in it says who anybody is.

mod entry;
mod file;
mod outcome;

pub use entry::{CHOICES_MAX, Choices, EntryId, EntryInDraw, TooManyChoices};
pub use file::{DrawFile, Drawn, Got, Sealed, Tampered, UnreadableDraw};
pub use outcome::{Outcome, draw, left_over};

use std::fmt;

use sha2::{Digest, Sha256};

/// The name of this algorithm; another one gets another name.
pub const ALGORITHM: &str = "kaichang-draw-1";
/// The longest public value.
pub const VALUE_BYTES_MAX: usize = 256;

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

/// What is secret until the draw.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

/// One of the slots that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawOption {
    pub pitch: String,
    /// The day of play, and from when to when on the clock there.
    pub date: String,
    pub from: String,
    pub to: String,
    pub takes: Takes,
    /// What it takes of: places in the list's cells.
    pub cells: Vec<u32>,
}

/// How much an entry that gets a slot takes of its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// One, whoever comes: a pitch.
    One,
    /// A place for each person: a session.
    Party,
}

impl Takes {
    pub(super) const fn of(self, party: u16) -> u16 {
        match self {
            Self::One => 1,
            Self::Party => party,
        }
    }
}

/// All that is settled when the window has closed, before anybody knows the public value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawList {
    /// The release's id.
    pub release: String,
    /// How much there is of each half hour of a pitch, or how many places in each slot of a session.
    pub cells: Vec<u16>,
    pub options: Vec<DrawOption>,
    /// By id, each once.
    pub entries: Vec<EntryInDraw>,
}

impl Seed {
    /// What is published of it beforehand.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        Hash(Sha256::digest(self.0).into())
    }

    /// What the entries are shuffled by.
    #[must_use]
    pub fn mixed(&self, root: &Hash, value: &str) -> Hash {
        let text = format!("{ALGORITHM} mix\n{}\n{root}\n{value}\n", Hash(self.0));
        Hash(Sha256::digest(text.as_bytes()).into())
    }
}

impl DrawList {
    /// The hash that binds the list.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut hash = Hashing::new();
        hash.line(format_args!("{ALGORITHM} list"));
        hash.line(format_args!("release {}", self.release));
        for places in &self.cells {
            hash.line(format_args!("cell {places}"));
        }
        for option in &self.options {
            let takes = match option.takes {
                Takes::One => "one",
                Takes::Party => "party",
            };
            let DrawOption { pitch, date, from, to, cells, .. } = option;
            let cells = joined(cells.iter());
            hash.line(format_args!("option {pitch} {date} {from} {to} {takes} {cells}"));
        }
        for entry in &self.entries {
            hash.entry(entry);
        }
        hash.end()
    }

    /// Whether its parts fit together: each entry once, in order, and all that is named is there.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let cells = self.cells.len();
        let options = self.options.len();
        let has = |count: usize, index: u32| usize::try_from(index).is_ok_and(|index| index < count);
        self.entries.is_sorted_by(|one, next| one.id < next.id)
            && self.options.iter().all(|option| {
                // Each once, or an entry would take twice of what it looked at once.
                let are_there = option.cells.iter().all(|cell| has(cells, *cell));
                !option.cells.is_empty() && are_there && option.cells.is_sorted_by(|one, next| one < next)
            })
            && self
                .entries
                .iter()
                .all(|entry| entry.party > 0 && entry.choices.iter().all(|choice| has(options, choice)))
    }
}

/// Whether a text can be a public value: one line that can be seen.
#[must_use]
pub fn is_value(text: &str) -> bool {
    (1..=VALUE_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn joined(numbers: impl Iterator<Item = impl fmt::Display>) -> String {
    let texts: Vec<String> = numbers.map(|number| number.to_string()).collect();
    texts.join(",")
}

/// Gathers lines, for a hash takes large pieces quicker than small ones.
struct Hashing {
    hash: Sha256,
    text: Vec<u8>,
}

const PIECE_BYTES: usize = 1 << 16;

impl Hashing {
    fn new() -> Self {
        Self { hash: Sha256::new(), text: Vec::with_capacity(PIECE_BYTES + 1024) }
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        self.text.extend_from_slice(line.to_string().as_bytes());
        self.text.push(b'\n');
        self.pass_on();
    }

    /// `entry ID PARTY CHOICES`, without the way through the formatter: there are very many.
    fn entry(&mut self, entry: &EntryInDraw) {
        self.text.extend_from_slice(b"entry ");
        self.text.extend_from_slice(&entry.id.hex());
        let mut number = |before: u8, number: u32| {
            self.text.push(before);
            self.text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        };
        number(b' ', entry.party.into());
        for (rank, choice) in entry.choices.iter().enumerate() {
            number(if rank == 0 { b' ' } else { b',' }, choice);
        }
        self.text.push(b'\n');
        self.pass_on();
    }

    fn pass_on(&mut self) {
        if self.text.len() >= PIECE_BYTES {
            self.hash.update(&self.text);
            self.text.clear();
        }
    }

    fn end(mut self) -> Hash {
        self.hash.update(&self.text);
        Hash(self.hash.finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests;

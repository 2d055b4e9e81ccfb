//! The file of a draw that is published, and its check: from the file alone, by whoever has it.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::entry::{CHOICES_MAX, Choices, EntryId, EntryInDraw};
use super::outcome::{Outcome, draw};
use super::{ALGORITHM, DrawList, DrawOption, Hash, Seed, Takes, is_value};

/// After how many entries with a wrong result the rest is only counted.
const RESULTS_NAMED: usize = 20;

/// What is published of a draw: more and more of it, as it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawFile {
    pub algorithm: String,
    pub release: String,
    /// From the beginning: the SHA-256 of the seed.
    pub commitment: Hash,
    /// Where the public value will come from.
    pub beacon: String,
    /// When the window has closed.
    pub sealed: Option<Sealed>,
    /// When all is over.
    pub drawn: Option<Drawn>,
}

/// What binds the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    pub root: Hash,
    pub count: u32,
}

/// All that the draw was made from, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    pub seed: Seed,
    pub value: String,
    pub cells: Vec<u16>,
    pub options: Vec<OptionInFile>,
    pub entries: Vec<EntryInFile>,
    /// In the order in which the entries were drawn, each with the option that it got.
    pub result: Vec<Got>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionInFile {
    pub pitch: String,
    pub date: String,
    pub from: String,
    pub to: String,
    pub takes: Takes,
    pub cells: Vec<u32>,
}

/// An entry as `[id, party, [choices]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryInFile(pub EntryId, pub u16, pub Choices);

/// What is wrong with a draw.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Tampered {
    #[error("the seed is not the one that was committed to: its SHA-256 is {found}, not {committed}")]
    Seed { found: Hash, committed: Hash },
    #[error("the entries are not those that were sealed: their root is {found}, not {sealed}")]
    Entries { found: Hash, sealed: Hash },
    #[error("{sealed} entries were sealed, and {found} are in the file")]
    Count { found: usize, sealed: u32 },
    #[error("entries stand twice or out of order, or name what is not there")]
    Unsound,
    #[error("the public value is empty, too long, or more than a line")]
    Value,
    #[error("place {place}: the draw gives {drawn}, the file says {written}")]
    Result { place: usize, drawn: Got, written: Got },
    #[error("{0} more places differ")]
    More(usize),
    #[error("the file has {found} results for {entries} entries")]
    Results { found: usize, entries: usize },
}

/// An entry and the option that it got, as `[id, option]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Got(pub EntryId, pub Option<u32>);

/// The file can't be checked.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableDraw {
    #[error("it is no file of a draw: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it was drawn by {0}, and this program knows {ALGORITHM}")]
    Algorithm(String),
    #[error("nothing is drawn yet")]
    NotDrawn,
}

impl DrawFile {
    /// The file that the bytes are.
    ///
    /// # Errors
    /// When they are none, or one of an algorithm that this version doesn't know.
    pub fn read(bytes: &[u8]) -> Result<Self, UnreadableDraw> {
        let file: Self = serde_json::from_slice(bytes)?;
        if file.algorithm == ALGORITHM { Ok(file) } else { Err(UnreadableDraw::Algorithm(file.algorithm)) }
    }

    /// Repeats the draw, and gives what differs from what the file says.
    ///
    /// # Errors
    /// `NotDrawn` when there is nothing to repeat.
    pub fn check(self) -> Result<Vec<Tampered>, UnreadableDraw> {
        let (Some(sealed), Some(drawn)) = (self.sealed, self.drawn) else {
            return Err(UnreadableDraw::NotDrawn);
        };
        let mut wrong = Vec::new();
        let found = drawn.seed.commitment();
        if found != self.commitment {
            wrong.push(Tampered::Seed { found, committed: self.commitment });
        }
        if !is_value(&drawn.value) {
            wrong.push(Tampered::Value);
        }
        let Drawn { seed, value, cells, options, entries, result } = drawn;
        let list = DrawList {
            release: self.release,
            cells,
            options: options.into_iter().map(OptionInFile::into_option).collect(),
            entries: entries.into_iter().map(EntryInFile::into_entry).collect(),
        };
        if usize::try_from(sealed.count) != Ok(list.entries.len()) {
            wrong.push(Tampered::Count { found: list.entries.len(), sealed: sealed.count });
        }
        let root = list.root();
        if root != sealed.root {
            wrong.push(Tampered::Entries { found: root, sealed: sealed.root });
        }
        if list.is_sound() {
            // By the root that was sealed: what was changed of the entries is told of by itself.
            compare(&list, &draw(&list, &seed.mixed(&sealed.root, &value)), &result, &mut wrong);
        } else {
            wrong.push(Tampered::Unsound);
        }
        Ok(wrong)
    }
}

fn compare(list: &DrawList, outcome: &Outcome, result: &[Got], wrong: &mut Vec<Tampered>) {
    if result.len() != list.entries.len() {
        wrong.push(Tampered::Results { found: result.len(), entries: list.entries.len() });
    }
    let differing = outcome.places(list).zip(result).enumerate().filter_map(|(place, (drawn, written))| {
        (drawn != *written).then_some(Tampered::Result { place: place + 1, drawn, written: *written })
    });
    let mut differing = differing.fuse();
    wrong.extend(differing.by_ref().take(RESULTS_NAMED));
    match differing.count() {
        0 => {}
        more => wrong.push(Tampered::More(more)),
    }
}

impl Outcome {
    /// What each entry got, in the order in which they were drawn.
    pub fn places<'a>(&'a self, list: &'a DrawList) -> impl Iterator<Item = Got> + 'a {
        let entry = |at: &u32| usize::try_from(*at).ok().and_then(|at| list.entries.get(at));
        self.order.iter().filter_map(entry).zip(&self.won).map(|(entry, won)| Got(entry.id, *won))
    }
}

impl Drawn {
    /// What is published of a draw that was made.
    #[must_use]
    pub fn of(list: &DrawList, seed: Seed, value: &str, outcome: &Outcome) -> Self {
        Self {
            seed,
            value: value.to_owned(),
            cells: list.cells.clone(),
            options: list.options.iter().map(OptionInFile::of).collect(),
            entries: list
                .entries
                .iter()
                .map(|entry| EntryInFile(entry.id, entry.party, entry.choices))
                .collect(),
            result: outcome.places(list).collect(),
        }
    }
}

impl OptionInFile {
    fn of(option: &DrawOption) -> Self {
        let DrawOption { pitch, date, from, to, takes, cells } = option.clone();
        Self { pitch, date, from, to, takes, cells }
    }

    fn into_option(self) -> DrawOption {
        let Self { pitch, date, from, to, takes, cells } = self;
        DrawOption { pitch, date, from, to, takes, cells }
    }
}

impl EntryInFile {
    fn into_entry(self) -> EntryInDraw {
        EntryInDraw { id: self.0, party: self.1, choices: self.2 }
    }
}

impl fmt::Display for Got {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(option) => write!(f, "entry {} option {option}", self.0),
            None => write!(f, "entry {} a place in reserve", self.0),
        }
    }
}

impl Serialize for Takes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::One => "one",
            Self::Party => "party",
        })
    }
}

impl<'de> Deserialize<'de> for Takes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reading::new("one or party", |text: &str| match text {
            "one" => Some(Self::One),
            "party" => Some(Self::Party),
            _ => None,
        }))
    }
}

impl Serialize for EntryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hex = self.hex();
        serializer.serialize_str(std::str::from_utf8(&hex).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for EntryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reading::new("32 hexadecimal digits", Self::parse))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reading::new("64 hexadecimal digits", |text: &str| {
            let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
            bytes.try_into().ok().map(Self)
        }))
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Hash(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Hash::deserialize(deserializer).map(|Hash(bytes)| Self(bytes))
    }
}

impl Serialize for Choices {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_seq(Some(self.iter().len()))?;
        for choice in self.iter() {
            all.serialize_element(&choice)?;
        }
        all.end()
    }
}

impl<'de> Deserialize<'de> for Choices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Ranked)
    }
}

/// Reads something from a text, without keeping the text.
struct Reading<F> {
    what: &'static str,
    read: F,
}

impl<F> Reading<F> {
    const fn new(what: &'static str, read: F) -> Self {
        Self { what, read }
    }
}

impl<T, F: FnOnce(&str) -> Option<T>> Visitor<'_> for Reading<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        let what = self.what;
        (self.read)(text).ok_or_else(|| E::custom(format_args!("must be {what}")))
    }
}

/// Reads choices, without a list on the way: there are very many.
struct Ranked;

impl<'de> Visitor<'de> for Ranked {
    type Value = Choices;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1 to {CHOICES_MAX} numbers of options")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Choices, A::Error> {
        let (mut ranked, mut count) = ([0; CHOICES_MAX], 0);
        while let Some(choice) = all.next_element()? {
            *ranked.get_mut(count).ok_or_else(|| A::Error::invalid_length(count + 1, &self))? = choice;
            count += 1;
        }
        Choices::of(&ranked[..count]).map_err(A::Error::custom)
    }
}

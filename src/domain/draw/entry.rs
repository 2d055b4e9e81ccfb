//! What one entrant asks for, as everybody may see it.

use std::fmt;

/// How many slots an entry may name.
pub const CHOICES_MAX: usize = 8;

/// By what an entry is known to the public: it says nothing about whose it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(u128);

impl EntryId {
    #[must_use]
    pub const fn new(value: u128) -> Self {
        Self(value)
    }

    #[must_use]
    pub const fn get(self) -> u128 {
        self.0
    }

    /// The id as 32 hexadecimal digits.
    #[must_use]
    pub fn hex(self) -> [u8; 32] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0.to_be_bytes()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        text
    }

    /// The id of 32 small hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_id = text.len() == 32 && text.bytes().all(is_digit);
        is_id.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The slots that an entry names, the dearest first: numbers of options.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Choices {
    options: [u32; CHOICES_MAX],
    count: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry names 1 to {CHOICES_MAX} slots, each once")]
pub struct TooManyChoices;

impl Choices {
    /// # Errors
    /// When there are none or too many, or one stands twice.
    pub fn of(ranked: &[u32]) -> Result<Self, TooManyChoices> {
        let mut options = [0; CHOICES_MAX];
        let count = u8::try_from(ranked.len()).map_err(|_| TooManyChoices)?;
        options.get_mut(..ranked.len()).ok_or(TooManyChoices)?.copy_from_slice(ranked);
        let twice = ranked.iter().enumerate().any(|(rank, option)| ranked[..rank].contains(option));
        if ranked.is_empty() || twice { Err(TooManyChoices) } else { Ok(Self { options, count }) }
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.options[..usize::from(self.count)].iter().copied()
    }
}

impl fmt::Debug for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// An entry in a draw. A group enters as one and wins as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryInDraw {
    pub id: EntryId,
    pub party: u16,
    pub choices: Choices,
}

//! Amounts of bytes as people write them: `4096`, `512M`, `10GiB`. K, M, G and T are powers of 1024.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// So many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct ByteSize(u64);

/// As it stands in a file of settings: a number or a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Bytes(u64),
    Text(String),
}

/// It is no amount of bytes.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no amount of bytes: write a number, and K, M, G or T behind it for powers of 1024")]
pub(super) struct NotASize(String);

impl ByteSize {
    pub(super) const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    pub(super) const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }

    pub(super) const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, NotASize> {
        let not_a_size = || NotASize(text.to_owned());
        let end = text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at(end);
        let count: u64 = digits.parse().map_err(|_| not_a_size())?;
        let power = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 1,
            "m" | "mb" | "mib" => 2,
            "g" | "gb" | "gib" => 3,
            "t" | "tb" | "tib" => 4,
            _ => return Err(not_a_size()),
        };
        count.checked_mul(1 << (10 * power)).map(Self).ok_or_else(not_a_size)
    }
}

impl TryFrom<Written> for ByteSize {
    type Error = NotASize;

    fn try_from(written: Written) -> Result<Self, NotASize> {
        match written {
            Written::Bytes(bytes) => Ok(Self(bytes)),
            Written::Text(text) => text.parse(),
        }
    }
}

impl fmt::Display for ByteSize {
    /// In the largest unit that gives a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let powers = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
        let fitting = powers.into_iter().find(|(bits, _)| self.0 > 0 && self.0.is_multiple_of(1 << bits));
        match fitting {
            Some((bits, unit)) => write!(f, "{} {unit}", self.0 >> bits),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_all_the_ways_that_people_write_them() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("1k", 1024),
            ("64M", 64 << 20),
            ("64MiB", 64 << 20),
            ("10G", 10 << 30),
            ("2tb", 2 << 40),
        ] {
            assert_eq!(text.parse::<ByteSize>().expect(text).get(), bytes, "{text}");
        }
        for text in ["", "M", "-1", "1.5G", "10 G", "10X", "99999999999T", "18446744073709551616"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_in_the_largest_whole_unit() {
        for (bytes, shown) in [(0, "0 bytes"), (1000, "1000 bytes"), (2048, "2 KiB"), (3 << 30, "3 GiB")] {
            assert_eq!(ByteSize::new(bytes).to_string(), shown);
        }
    }
}

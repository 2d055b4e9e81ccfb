//! Numbers and codes by which things are known inside.
//!
//! Dense numbers (`PitchNo`, `ResidentNo`, …) are positions in arrays: finding a thing is an index, not a look-up. Codes
//! are the strings that the outside knows venues, pitches, sports and districts by. Bookings and residents are known
//! outside by opaque ids that are made from their numbers under the city's key (`identity::public_id`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares a dense number: a position in an array, with no arithmetic of its own.
macro_rules! dense_number {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            #[must_use]
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }

            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }

            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", stringify!($name), self.0)
            }
        }
    };
}

dense_number!(
    /// A sport's place in the catalogue.
    SportNo,
    u16
);
dense_number!(
    /// A district's place in the catalogue.
    DistrictNo,
    u16
);
dense_number!(
    /// A venue's place in the catalogue.
    VenueNo,
    u32
);
dense_number!(
    /// A bookable pitch's place in the catalogue: a whole or a part.
    PitchNo,
    u32
);
dense_number!(
    /// An account's place: residents and staff share one range.
    ResidentNo,
    u32
);
dense_number!(
    /// A booking's place: counted up from 0, never used twice by an acknowledged booking.
    BookingNo,
    u32
);
dense_number!(
    /// A top-up's place.
    TopUpNo,
    u32
);

dense_number!(
    /// The how many-th thing it is that was given back and comes back later: counted up from 0.
    ReturnNo,
    u32
);

dense_number!(
    /// A release's place in the catalogue.
    ReleaseNo,
    u16
);

/// A code: 1 to 64 of `a-z`, `0-9` and `-`, so that it needs no escaping in a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Code(Box<str>);

/// The length of the longest code.
const CODE_BYTES_MAX: usize = 64;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a code has 1 to 64 of a-z, 0-9 and -")]
pub struct InvalidCode;

impl Code {
    /// # Errors
    /// `InvalidCode` when the text is empty, too long or has another sign in it.
    pub fn new(text: &str) -> Result<Self, InvalidCode> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty() || text.len() > CODE_BYTES_MAX || !text.bytes().all(allowed) {
            return Err(InvalidCode);
        }
        Ok(Self(text.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Code {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_needs_no_escaping() {
        for (text, good) in [("v-0001", true), ("", false), ("a b", false), ("A", false), ("é", false)] {
            assert_eq!(Code::new(text).is_ok(), good, "{text:?}");
        }
        assert!(Code::new(&"a".repeat(64)).is_ok());
        assert_eq!(Code::new(&"a".repeat(65)), Err(InvalidCode));
    }
}

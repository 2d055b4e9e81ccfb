//! Phone numbers: one form for each, and the hash that an account is found by.

use std::fmt;

/// A phone number in E.164: `+`, then 8 to 15 digits of which the first is not 0. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(Box<str>);

/// What an account is found by. Without the city's key it says nothing of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneHash([u8; 16]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a phone number is + with 8 to 15 digits, or the 11 digits of a Chinese mobile number")]
pub struct InvalidPhone;

impl Phone {
    /// A number in E.164, or 11 digits that begin with 1, which are taken as +86. Nothing is trimmed or guessed.
    ///
    /// # Errors
    /// `InvalidPhone` for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidPhone> {
        let all_digits = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
        if let Some(digits) = text.strip_prefix('+') {
            let fits = (8..=15).contains(&digits.len()) && all_digits(digits) && !digits.starts_with('0');
            return if fits { Ok(Self(text.into())) } else { Err(InvalidPhone) };
        }
        if text.len() == 11 && text.starts_with('1') && all_digits(text) {
            return Ok(Self(format!("+86{text}").into()));
        }
        Err(InvalidPhone)
    }

    /// The number in E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash under the city's key for phones (`CityKeys::phone`).
    #[must_use]
    pub fn hash(&self, key: &[u8; 32]) -> PhoneHash {
        let hash = blake3::keyed_hash(key, self.0.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        PhoneHash(bytes)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(..)")
    }
}

impl PhoneHash {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_form() {
        let long = Phone::parse("+8613800138000").expect("good");
        let short = Phone::parse("13800138000").expect("good");
        assert_eq!(long, short);
        assert_eq!(short.as_str(), "+8613800138000");
        assert_eq!(long.hash(&[1; 32]), short.hash(&[1; 32]));
        assert_ne!(long.hash(&[1; 32]), long.hash(&[2; 32]));
        assert_eq!(format!("{long:?}"), "Phone(..)");
    }

    #[test]
    fn only_numbers_are_numbers() {
        for good in ["+12345678", "+123456789012345"] {
            assert!(Phone::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "+",
            "+1234567",
            "+1234567890123456",
            "+01234567890",
            "23800138000",
            "1380013800",
            "138001380000",
            " 13800138000",
            "+86 13800138000",
            "+８６１３８００１３８０００",
            "138-0013-8000",
        ] {
            assert_eq!(Phone::parse(bad), Err(InvalidPhone), "{bad}");
        }
    }
}

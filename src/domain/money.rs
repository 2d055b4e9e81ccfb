//! Money in integer minor units. No floats, no silent overflow, no arithmetic between currencies.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An ISO 4217 code. A city has one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a currency is three capital letters, as CNY")]
pub struct InvalidCurrency;

impl Currency {
    /// # Errors
    /// `InvalidCurrency` when the text is not three capital letters.
    pub fn new(code: &str) -> Result<Self, InvalidCurrency> {
        match code.as_bytes() {
            [a, b, c] if code.bytes().all(|b| b.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(InvalidCurrency),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        // The constructor let only ASCII in.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many decimals its amounts are written with: 2, but for those that ISO 4217 gives another number.
    #[must_use]
    pub const fn decimals(self) -> u8 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount in minor units of the city's currency. May be negative only where a difference is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minor(i64);

impl Minor {
    pub const ZERO: Self = Self(0);

    #[must_use]
    pub const fn new(amount: i64) -> Self {
        Self(amount)
    }

    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or nothing when it doesn't fit.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The product, or nothing when it doesn't fit.
    #[must_use]
    pub const fn checked_times(self, count: i64) -> Option<Self> {
        match self.0.checked_mul(count) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_that_do_not_fit_are_nothing() {
        assert_eq!(Minor::new(i64::MAX).checked_add(Minor::new(1)), None);
        assert_eq!(Minor::new(i64::MAX).checked_times(2), None);
        assert_eq!(Minor::new(1500).checked_times(2), Some(Minor::new(3000)));
    }

    #[test]
    fn most_currencies_have_two_decimals() {
        for (code, decimals) in [("CNY", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3)] {
            assert_eq!(Currency::new(code).map(Currency::decimals), Ok(decimals), "{code}");
        }
    }

    #[test]
    fn a_currency_is_three_capitals() {
        assert_eq!(Currency::new("CNY").map(|c| c.as_str().to_owned()), Ok("CNY".to_owned()));
        for bad in ["", "cny", "CNYX", "元"] {
            assert_eq!(Currency::new(bad), Err(InvalidCurrency), "{bad}");
        }
    }
}

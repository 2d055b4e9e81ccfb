//! The residents who book: what `kaichang demo --tokens FILE` wrote, a line `ID TOKEN` for each.

use std::fs;
use std::path::Path;

use crate::Failure;

/// What the demo lets a resident do, and what is in the wallet: so much is sure to succeed.
pub(crate) const BOOKINGS_A_RESIDENT_MAX: usize = 4;
pub(crate) const LIVE_BOOKINGS_A_RESIDENT_MAX: usize = 20;
/// So that the wallet pays for as many bookings as the quota lets through.
pub(crate) const PRICE_MAX: i64 = 1_000_000 / BOOKINGS_A_RESIDENT_MAX as i64;

/// The bearer tokens, in the order of the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tokens(Vec<Box<str>>);

impl Tokens {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("read the tokens in {}: {error}", path.display()))?;
        Self::parse(&text).map_err(|line| format!("{}: line {line} is not ID TOKEN", path.display()).into())
    }

    /// The number of the line that is wrong, counted from 1.
    fn parse(text: &str) -> Result<Self, usize> {
        let mut tokens = Vec::new();
        for (index, line) in text.lines().enumerate() {
            match line.split_once(' ') {
                Some((id, token)) if !id.is_empty() && !token.is_empty() && !token.contains(' ') => {
                    tokens.push(token.into());
                }
                Some(_) | None => return Err(index + 1),
            }
        }
        Ok(Self(tokens))
    }

    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes off those from one on.
    pub(crate) fn split_off(&mut self, first: usize) -> Self {
        Self(self.0.split_off(first.min(self.0.len())))
    }

    pub(crate) fn get(&self, resident: usize) -> &str {
        &self.0[resident]
    }

    #[cfg(test)]
    pub(crate) fn invented(count: usize) -> Self {
        Self((0..count).map(|number| format!("token-{number}").into()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_id_and_a_token() {
        let tokens = Tokens::parse("r1 aaa\nr2 bbb\n").expect("two residents");
        assert_eq!((tokens.len(), tokens.get(1)), (2, "bbb"));
        for (text, line) in [("r1 aaa\nr2\n", 2), ("\n", 1), ("r1 a b\n", 1), (" a\n", 1)] {
            assert_eq!(Tokens::parse(text), Err(line), "{text:?}");
        }
    }
}

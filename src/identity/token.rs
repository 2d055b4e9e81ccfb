//! Bearer tokens: who is asking, from which of eight devices, until when.
//!
//! A token names a resident, a session slot and that slot's generation, under a keyed BLAKE3. Checking it is one hash and
//! no look-up; whether the generation is still the slot's own (nobody logged out since) is for the holder of the sessions
//! to say, who needs one array load for it. A forged, cut, changed or foreign text is no token at all, and none of that
//! can be told apart from outside.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Serialize, Serializer};
use subtle::ConstantTimeEq;

use crate::domain::ids::ResidentNo;
use crate::domain::time::UtcMillis;

/// How long a token lives.
pub const TOKEN_LIFETIME_SECONDS: i64 = 30 * 24 * 60 * 60;

/// How many devices one account can be logged in on at once.
pub const SESSION_SLOTS: u8 = 8;

const VERSION: u8 = 1;
const CLAIM_BYTES: usize = 1 + 4 + 1 + 4 + 8;
const MAC_BYTES: usize = 16;
const RAW_BYTES: usize = CLAIM_BYTES + MAC_BYTES;
const TEXT_BYTES: usize = (RAW_BYTES * 4).div_ceil(3);

/// Makes tokens and checks them.
#[derive(Clone)]
pub struct Tokens {
    key: [u8; 32],
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenClaims {
    pub resident: ResidentNo,
    /// Below `SESSION_SLOTS`.
    pub slot: u8,
    pub generation: u32,
}

/// A token's text. Whoever has it is the resident: `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenText([u8; TEXT_BYTES]);

/// A token and its end.
#[derive(Debug, Clone, Copy)]
pub struct Minted {
    pub token: TokenText,
    /// In whole seconds.
    pub expires_at: UtcMillis,
}

impl Tokens {
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self { key: *key }
    }

    /// A token that lives from now on for `TOKEN_LIFETIME_SECONDS`.
    #[must_use]
    pub fn mint(&self, claims: TokenClaims, now: UtcMillis) -> Minted {
        let expires_at_seconds = now.get().div_euclid(1000) + TOKEN_LIFETIME_SECONDS;
        let mut raw = [0; RAW_BYTES];
        raw[0] = VERSION;
        raw[1..5].copy_from_slice(&claims.resident.get().to_be_bytes());
        raw[5] = claims.slot;
        raw[6..10].copy_from_slice(&claims.generation.to_be_bytes());
        raw[10..18].copy_from_slice(&expires_at_seconds.to_be_bytes());
        let mac = self.mac(&raw[..CLAIM_BYTES]);
        raw[CLAIM_BYTES..].copy_from_slice(&mac);
        let mut text = [0; TEXT_BYTES];
        BASE64URL_NOPAD.encode_mut(&raw, &mut text);
        Minted { token: TokenText(text), expires_at: UtcMillis::new(expires_at_seconds * 1000) }
    }

    /// What a token says, if it was made here and still lives. Allocates nothing.
    #[must_use]
    pub fn check(&self, text: &str, now: UtcMillis) -> Option<TokenClaims> {
        if text.len() != TEXT_BYTES {
            return None;
        }
        let mut raw = [0; RAW_BYTES];
        BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut raw).ok()?;
        let (claims, mac) = raw.split_at(CLAIM_BYTES);
        if !bool::from(self.mac(claims).ct_eq(mac)) {
            return None;
        }
        // From here on it is ours: what follows decides on our own words.
        let (version, rest) = claims.split_first()?;
        let (resident, rest) = rest.split_first_chunk::<4>()?;
        let (slot, rest) = rest.split_first()?;
        let (generation, rest) = rest.split_first_chunk::<4>()?;
        let (expires_at_seconds, _) = rest.split_first_chunk::<8>()?;
        let lives = now.get() < i64::from_be_bytes(*expires_at_seconds).saturating_mul(1000);
        (*version == VERSION && *slot < SESSION_SLOTS && lives).then(|| TokenClaims {
            resident: ResidentNo::new(u32::from_be_bytes(*resident)),
            slot: *slot,
            generation: u32::from_be_bytes(*generation),
        })
    }

    fn mac(&self, claims: &[u8]) -> [u8; MAC_BYTES] {
        let hash = blake3::keyed_hash(&self.key, claims);
        let mut mac = [0; MAC_BYTES];
        mac.copy_from_slice(&hash.as_bytes()[..MAC_BYTES]);
        mac
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl TokenText {
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Base64 is ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(..)")
    }
}

impl Serialize for TokenText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMillis = UtcMillis::new(1_795_000_000_123);
    const CLAIMS: TokenClaims = TokenClaims { resident: ResidentNo::new(70_000), slot: 7, generation: 3 };

    #[test]
    fn a_token_says_what_was_put_in_until_it_ends() {
        let tokens = Tokens::new(&[1; 32]);
        let minted = tokens.mint(CLAIMS, NOW);
        let text = minted.token.as_str();
        assert_eq!(text.len(), TEXT_BYTES);
        assert_eq!(tokens.check(text, NOW), Some(CLAIMS));
        assert_eq!(tokens.check(text, minted.expires_at.plus_ms(-1)), Some(CLAIMS));
        assert_eq!(tokens.check(text, minted.expires_at), None);
        assert_eq!(format!("{minted:?}").find(text), None, "a token is never printed by accident");
    }

    #[test]
    fn every_changed_letter_makes_it_no_token() {
        let tokens = Tokens::new(&[1; 32]);
        let minted = tokens.mint(CLAIMS, NOW);
        for at in 0..TEXT_BYTES {
            for to in [b'A', b'B', b'_', b'=', b' '] {
                let mut text = minted.token.0;
                if text[at] == to {
                    continue;
                }
                text[at] = to;
                let text = String::from_utf8(text.to_vec()).expect("ascii");
                assert_eq!(tokens.check(&text, NOW), None, "{text}");
            }
        }
    }

    #[test]
    fn cut_longer_foreign_or_strange_texts_are_no_tokens() {
        let tokens = Tokens::new(&[1; 32]);
        let text = tokens.mint(CLAIMS, NOW).token.as_str().to_owned();
        let foreign = Tokens::new(&[2; 32]).mint(CLAIMS, NOW).token.as_str().to_owned();
        let strange = CLAIMS_OUT_OF_RANGE.map(|claims| tokens.mint(claims, NOW).token.as_str().to_owned());
        for bad in ["", &text[1..], &text[..TEXT_BYTES - 1], &format!("{text}A"), &foreign, &strange[0]] {
            assert_eq!(tokens.check(bad, NOW), None, "{bad:?}");
        }
    }

    const CLAIMS_OUT_OF_RANGE: [TokenClaims; 1] =
        [TokenClaims { resident: ResidentNo::new(1), slot: SESSION_SLOTS, generation: 0 }];
}

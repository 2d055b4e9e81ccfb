//! Proof of work in ALTCHA's form: who comes shows that his machine has searched for a number, which costs a person a moment and a robot
//! with ten thousand accounts an hour.
//!
//! `challenge` is the SHA-256 of the salt and the number, in hexadecimal; the number lies between 0 and `maxnumber`, and the only way
//! to it is to try. Nothing is kept of a challenge that was given out: its signature binds it to a release, a resident, and how often he has
//! come, and its salt says until when it may be used. So a solution is good for one who comes, once, also after a restart.

use std::fmt;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::city_keys::CityKeys;
use crate::domain::ids::ResidentNo;
use crate::domain::time::UtcMillis;

const ALGORITHM: &str = "SHA-256";
/// A solution comes within so much time.
const LIVES_MS: i64 = 10 * 60_000;
/// Longer than any solution: what is longer isn't even decoded.
const SOLUTION_BYTES_MAX: usize = 1024;

/// Makes challenges and judges their solutions.
#[derive(Clone)]
pub struct Challenges {
    key: [u8; 32],
}

/// What has to be solved, as ALTCHA writes it.
#[derive(Debug, Clone, Serialize)]
pub struct Challenge {
    pub algorithm: &'static str,
    pub challenge: String,
    pub maxnumber: u32,
    pub salt: String,
    pub signature: String,
}

/// For whom a challenge is: where, who, and how many-th he came before.
#[derive(Debug, Clone, Copy)]
pub struct Bound<'a> {
    pub release: &'a str,
    pub resident: ResidentNo,
    pub latest: u32,
}

/// A solution, as ALTCHA writes it.
#[derive(Deserialize)]
struct Solution {
    algorithm: String,
    challenge: String,
    number: u32,
    salt: String,
    signature: String,
}

impl Challenges {
    #[must_use]
    pub fn new(keys: &CityKeys) -> Self {
        Self { key: *keys.challenge() }
    }

    /// A challenge whose number and salt are of these random bytes.
    #[must_use]
    pub fn make(&self, bound: Bound<'_>, maxnumber: u32, random: [u8; 16], now: UtcMillis) -> Challenge {
        let [a, b, c, d, rest @ ..] = random;
        let number = (u64::from(u32::from_le_bytes([a, b, c, d])) * (u64::from(maxnumber) + 1)) >> 32;
        let expires_at_s = now.plus_ms(LIVES_MS).get().div_euclid(1000);
        // The sign at the end keeps the salt's last digits from being taken for the number's first ones.
        let salt = format!("{}?expires={expires_at_s}&", data_encoding::HEXLOWER.encode(&rest));
        let challenge = hash_of(&salt, number);
        let signature = self.signature(&challenge, bound);
        Challenge { algorithm: ALGORITHM, challenge, maxnumber, salt, signature }
    }

    /// Whether a text is the solution of a challenge that was made for this, and in time.
    #[must_use]
    pub fn is_solved(&self, text: &str, bound: Bound<'_>, now: UtcMillis) -> bool {
        let solution = (text.len() <= SOLUTION_BYTES_MAX).then(|| decoded(text)).flatten();
        let Some(solution) = solution.and_then(|bytes| serde_json::from_slice::<Solution>(&bytes).ok())
        else {
            return false;
        };
        let expires_at_s = solution.salt.split_once("?expires=").and_then(|(_, rest)| rest.strip_suffix('&'));
        let lives = expires_at_s
            .and_then(|seconds| seconds.parse::<i64>().ok())
            .is_some_and(|seconds| now.get() < seconds.saturating_mul(1000));
        let signature = self.signature(&solution.challenge, bound);
        let is_ours: bool = signature.as_bytes().ct_eq(solution.signature.as_bytes()).into();
        is_ours
            && lives
            && solution.algorithm == ALGORITHM
            && hash_of(&solution.salt, solution.number.into()) == solution.challenge
    }

    fn signature(&self, challenge: &str, bound: Bound<'_>) -> String {
        let Bound { release, resident, latest } = bound;
        let signed = format!("{challenge}\n{release}\n{}\n{latest}\n", resident.get());
        data_encoding::HEXLOWER.encode(&hmac(&self.key, signed.as_bytes()))
    }
}

impl fmt::Debug for Challenges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenges(..)")
    }
}

impl Challenge {
    /// The solution, by trying; for tests, and for programs that come in somebody's name.
    #[must_use]
    pub fn solve(&self) -> Option<String> {
        let number =
            (0..=self.maxnumber).find(|number| hash_of(&self.salt, (*number).into()) == self.challenge)?;
        let solution = serde_json::json!({
            "algorithm": self.algorithm, "challenge": self.challenge, "number": number, "salt": self.salt,
            "signature": self.signature,
        });
        Some(encoded(solution.to_string().as_bytes()))
    }
}

fn hash_of(salt: &str, number: u64) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(format!("{salt}{number}")))
}

/// HMAC-SHA-256 (RFC 2104), under a key of 32 bytes.
fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.as_bytes()).ok()
}

fn encoded(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMillis = UtcMillis::new(1_795_000_000_123);
    const BOUND: Bound<'_> = Bound { release: "rush", resident: ResidentNo::new(9), latest: 0 };

    fn challenges() -> Challenges {
        Challenges::new(&CityKeys::derive(&[1; 32]))
    }

    #[test]
    fn a_mac_is_that_of_the_rfc() {
        // RFC 4231 has no key of 32 bytes; its second case is one of 4, which padding makes the same as one with zeros behind it.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = data_encoding::HEXLOWER.encode(&hmac(&key, b"what do ya want for nothing?"));
        assert_eq!(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_solution_is_good_for_one_who_comes_where_he_comes_and_in_time() {
        let made = challenges().make(BOUND, 500, [7; 16], NOW);
        let solution = made.solve().expect("a number within");
        assert!(challenges().is_solved(&solution, BOUND, NOW));
        assert!(challenges().is_solved(&solution, BOUND, NOW.plus_ms(LIVES_MS - 1000)));
        assert!(!challenges().is_solved(&solution, BOUND, NOW.plus_ms(LIVES_MS)), "too late");
        let others = [
            Bound { release: "hush", ..BOUND },
            Bound { resident: ResidentNo::new(8), ..BOUND },
            Bound { latest: 1, ..BOUND },
        ];
        for other in others {
            assert!(!challenges().is_solved(&solution, other, NOW), "{other:?}");
        }
        let foreign = Challenges::new(&CityKeys::derive(&[2; 32]));
        assert!(!foreign.is_solved(&solution, BOUND, NOW), "another city's");
    }

    #[test]
    fn what_was_changed_or_is_no_solution_is_none() {
        let made = challenges().make(BOUND, 500, [7; 16], NOW);
        let solved = made.solve().expect("a number within");
        let bytes = decoded(&solved).expect("base 64");
        let text = std::str::from_utf8(&bytes).expect("JSON");
        let longer = text.replace("?expires=179", "?expires=999");
        let shifted = text.replace("\"number\":", "\"number\":1");
        for changed in ["", "{}", "x", &longer, &shifted, &text.replace("SHA-256", "SHA-1"), &text[1..]] {
            assert_ne!(changed, text);
            assert!(!challenges().is_solved(&encoded(changed.as_bytes()), BOUND, NOW), "{changed}");
        }
        assert!(!challenges().is_solved(&"A".repeat(SOLUTION_BYTES_MAX + 4), BOUND, NOW));
    }

    #[test]
    fn a_number_lies_where_it_is_said_to_lie() {
        for (random, number) in [([0; 16], 0), ([255; 16], 500)] {
            let made = challenges().make(BOUND, 500, random, NOW);
            assert_eq!(hash_of(&made.salt, number), made.challenge);
        }
    }
}

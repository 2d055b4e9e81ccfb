//! Signed numbers of a queue: who came how many-th, bound to the release and the resident, so that nobody can deny it later.
//!
//! The text is `release.number.resident.signature`. An Ed25519 key of the city's signs the first three, each on a line of its own
//! (`docs/queue.md`); its public half is published with the queue, so whoever is shown a number can check it without asking. It lets
//! nobody in: whose turn it is stands in the city's own books.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use ed25519_dalek::{SIGNATURE_LENGTH, Signature, Signer, SigningKey};

use super::city_keys::CityKeys;
use super::public_id::PublicIds;
use crate::domain::ids::ResidentNo;
use crate::domain::queue::ORDER;

/// Longer than any number's text: what is longer isn't even decoded.
const TEXT_BYTES_MAX: usize = 256;

/// Signs numbers and reads them.
#[derive(Clone)]
pub struct QueueNumbers {
    signing: SigningKey,
    ids: PublicIds,
}

impl QueueNumbers {
    #[must_use]
    pub fn new(keys: &CityKeys) -> Self {
        Self { signing: SigningKey::from_bytes(keys.queue_number()), ids: PublicIds::new(keys.public_id()) }
    }

    /// The key that signatures are checked with.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    /// The text of a resident's number.
    #[must_use]
    pub fn sign(&self, release: &str, number: u32, resident: ResidentNo) -> String {
        let resident = self.ids.resident(resident);
        let signature = self.signing.sign(said(release, number, resident.as_str()).as_bytes());
        let signature = BASE32_NOPAD.encode(&signature.to_bytes()).to_ascii_lowercase();
        format!("{release}.{number}.{resident}.{signature}")
    }

    /// What a text says, if it was signed here: the release, the number, and whose it is.
    #[must_use]
    pub fn read<'t>(&self, text: &'t str) -> Option<(&'t str, u32, ResidentNo)> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let mut parts = text.split('.');
        let (release, number, resident) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let signature = BASE32_NOPAD.decode(parts.next()?.to_ascii_uppercase().as_bytes()).ok()?;
        let signature: [u8; SIGNATURE_LENGTH] = signature.try_into().ok()?;
        let said = said(release, number, resident);
        let key = self.signing.verifying_key();
        key.verify_strict(said.as_bytes(), &Signature::from_bytes(&signature)).ok()?;
        let resident = self.ids.read_resident(resident)?;
        parts.next().is_none().then_some((release, number, resident))
    }
}

fn said(release: &str, number: u32, resident: &str) -> String {
    format!("{ORDER} number\n{release}\n{number}\n{resident}\n")
}

impl fmt::Debug for QueueNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueNumbers(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_whose_it_is_where_and_no_changed_letter_passes() {
        let numbers = QueueNumbers::new(&CityKeys::derive(&[1; 32]));
        let text = numbers.sign("concert-1", 70_001, ResidentNo::new(9));
        assert_eq!(numbers.read(&text), Some(("concert-1", 70_001, ResidentNo::new(9))));
        assert!(text.len() < TEXT_BYTES_MAX, "{text}");
        for at in 0..text.len() {
            let changed: String =
                text.chars().enumerate().map(|(no, c)| if no == at { '3' } else { c }).collect();
            assert!(changed == text || numbers.read(&changed).is_none(), "{changed}");
        }
        let other = QueueNumbers::new(&CityKeys::derive(&[2; 32]));
        assert_eq!(other.read(&text), None, "another city's key");
        assert_eq!(numbers.read(&format!("{text}.")), None);
    }
}

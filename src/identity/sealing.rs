//! XChaCha20-Poly1305 over small values, with a random nonce in front: `nonce (24) | ciphertext | tag (16)`.
//!
//! The nonce is long enough to be drawn at random for as many values as a city will ever seal. What is sealed is bound
//! to a resident's number, so that one resident's bytes can't be put in another's place.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use crate::domain::ids::ResidentNo;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// What sealing adds to the length of what is sealed.
pub const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

#[derive(Debug, thiserror::Error)]
pub enum SealFault {
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    #[error("the value is too long to be sealed")]
    TooLong,
}

/// The bytes were not sealed under this key for this resident, or were changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sealed under this key")]
pub struct NotOurs;

/// Seals a value for a resident.
///
/// # Errors
/// When the system has no random bytes, or the value is absurdly long.
pub fn seal(key: &[u8; 32], resident: ResidentNo, plain: &[u8]) -> Result<Vec<u8>, SealFault> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(SealFault::Random)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let aad = resident.get().to_be_bytes();
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
        .map_err(|_| SealFault::TooLong)?;
    let mut out = Vec::with_capacity(NONCE_BYTES + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// Opens what `seal` made.
///
/// # Errors
/// `NotOurs`, whatever is wrong with the bytes.
pub fn open(key: &[u8; 32], resident: ResidentNo, sealed: &[u8]) -> Result<Vec<u8>, NotOurs> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(NotOurs)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let aad = resident.get().to_be_bytes();
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad }).map_err(|_| NotOurs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_resident_open_it() {
        let (key, resident) = ([3; 32], ResidentNo::new(4));
        let sealed = seal(&key, resident, b"secret").expect("sealed");
        assert_eq!(sealed.len(), 6 + OVERHEAD_BYTES);
        assert_eq!(open(&key, resident, &sealed).expect("opened"), b"secret");
        assert_eq!(open(&[4; 32], resident, &sealed), Err(NotOurs));
        assert_eq!(open(&key, ResidentNo::new(5), &sealed), Err(NotOurs));
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert_eq!(open(&key, resident, &flipped), Err(NotOurs), "byte {at}");
            assert_eq!(open(&key, resident, &sealed[..at]), Err(NotOurs), "cut at {at}");
        }
        assert_ne!(sealed, seal(&key, resident, b"secret").expect("sealed"), "a nonce is never used twice");
    }
}

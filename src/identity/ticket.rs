//! Tickets: who may come in, where and when, signed so that a gate can tell without asking.
//!
//! A ticket names a booking by the bytes of its public id, its venue by code, and when it lets in; an Ed25519 key that is made
//! from the city's master key signs all of it (`docs/tickets.md` draws the bytes). The text is base32, whose signs a QR code
//! packs best and nobody has to escape. One booking has one text as long as it stands where it stands: nothing is drawn.
//!
//! A signature says that the ticket was given out, not that it is still good: whether the booking was cancelled or used is
//! for whoever keeps the bookings to say.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use ed25519_dalek::{SIGNATURE_LENGTH, Signature, Signer, SigningKey, VerifyingKey};

use super::city_keys::CityKeys;
use super::public_id::PublicIds;
use crate::domain::ids::{BookingNo, Code};
use crate::domain::time::UtcMillis;

const VERSION: u8 = 1;
/// Version, key id, booking, two moments, and the length of the venue's code.
const FIXED_BYTES: usize = 1 + KEY_ID_BYTES + 16 + 4 + 4 + 1;
const KEY_ID_BYTES: usize = 4;
/// Longer than any ticket: what is longer isn't even decoded.
const TEXT_BYTES_MAX: usize = 256;

/// Of Crockford's base 32: no I, L, O or U, which are taken for other signs when they are said or written.
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_SIGNS: usize = 8;

/// Signs tickets, reads them, and makes the codes that stand for them at a desk.
#[derive(Clone)]
pub struct Tickets {
    signing: SigningKey,
    key_id: KeyId,
    ids: PublicIds,
    code_key: [u8; 32],
}

/// By what a gate finds the key of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID_BYTES]);

/// What a ticket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub booking: BookingNo,
    pub venue: Code,
    pub not_before: UtcMillis,
    pub expires_at: UtcMillis,
}

/// Eight signs to say at the desk, where a QR code can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketCode([u8; CODE_SIGNS]);

/// A moment that lies before 1970 or after 2106.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ticket can't tell this moment")]
pub struct UntellableMoment;

impl Tickets {
    #[must_use]
    pub fn new(keys: &CityKeys) -> Self {
        let signing = SigningKey::from_bytes(keys.ticket());
        let key_id = KeyId::of(&signing.verifying_key());
        Self { signing, key_id, ids: PublicIds::new(keys.public_id()), code_key: *keys.code() }
    }

    /// The key that signatures are checked with, and its id.
    #[must_use]
    pub fn public_key(&self) -> (KeyId, [u8; 32]) {
        (self.key_id, self.signing.verifying_key().to_bytes())
    }

    /// The text of a ticket.
    ///
    /// # Errors
    /// When a moment can't be told in four bytes of seconds.
    pub fn sign(&self, ticket: &Ticket) -> Result<String, UntellableMoment> {
        let venue = ticket.venue.as_str().as_bytes();
        let mut bytes = Vec::with_capacity(FIXED_BYTES + venue.len() + SIGNATURE_LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.key_id.0);
        bytes.extend_from_slice(&self.ids.booking_block(ticket.booking));
        bytes.extend_from_slice(&seconds(ticket.not_before)?);
        bytes.extend_from_slice(&seconds(ticket.expires_at)?);
        bytes.push(u8::try_from(venue.len()).map_err(|_| UntellableMoment)?);
        bytes.extend_from_slice(venue);
        let signature = self.signing.sign(&bytes);
        bytes.extend_from_slice(&signature.to_bytes());
        Ok(BASE32_NOPAD.encode(&bytes))
    }

    /// What a ticket says, if it was signed here. Whether its time has come is not asked.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Ticket> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let bytes = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
        let (said, signature) = bytes.split_last_chunk::<SIGNATURE_LENGTH>()?;
        let (version, rest) = said.split_first()?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>()?;
        if *version != VERSION || *key_id != self.key_id.0 {
            return None;
        }
        // Strict: whoever holds a ticket can't make another text of it that is one too.
        self.signing.verifying_key().verify_strict(said, &Signature::from_bytes(signature)).ok()?;
        let (booking, rest) = rest.split_first_chunk::<16>()?;
        let (not_before, rest) = rest.split_first_chunk::<4>()?;
        let (expires_at, rest) = rest.split_first_chunk::<4>()?;
        let (length, venue) = rest.split_first()?;
        if usize::from(*length) != venue.len() {
            return None;
        }
        Some(Ticket {
            booking: self.ids.read_booking_block(booking)?,
            venue: Code::new(std::str::from_utf8(venue).ok()?).ok()?,
            not_before: moment(*not_before),
            expires_at: moment(*expires_at),
        })
    }

    /// The code of a booking: a hash, so that nobody comes from one code to another.
    #[must_use]
    pub fn code(&self, booking: BookingNo) -> TicketCode {
        let hash = blake3::keyed_hash(&self.code_key, &booking.get().to_le_bytes());
        let mut rest: u64 = 0;
        for byte in &hash.as_bytes()[..5] {
            rest = rest << 8 | u64::from(*byte);
        }
        let mut signs = [0; CODE_SIGNS];
        for sign in signs.iter_mut().rev() {
            *sign = CODE_ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        TicketCode(signs)
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets(..)")
    }
}

impl KeyId {
    /// The first bytes of the public key's BLAKE3.
    fn of(key: &VerifyingKey) -> Self {
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&blake3::hash(key.as_bytes()).as_bytes()[..KEY_ID_BYTES]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl TicketCode {
    /// A code as somebody typed it: in small letters too, with blanks and hyphens, an O for the nought, an I or L for the one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut signs = [0; CODE_SIGNS];
        let mut count = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')) {
            let sign = match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                sign => sign,
            };
            if !CODE_ALPHABET.contains(&sign) {
                return None;
            }
            *signs.get_mut(count)? = sign;
            count += 1;
        }
        (count == CODE_SIGNS).then_some(Self(signs))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        // All signs are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn seconds(moment: UtcMillis) -> Result<[u8; 4], UntellableMoment> {
    u32::try_from(moment.get().div_euclid(1000)).map(u32::to_be_bytes).map_err(|_| UntellableMoment)
}

fn moment(seconds: [u8; 4]) -> UtcMillis {
    UtcMillis::new(i64::from(u32::from_be_bytes(seconds)) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tickets() -> Tickets {
        Tickets::new(&CityKeys::derive(&[7; 32]))
    }

    fn ticket() -> Ticket {
        Ticket {
            booking: BookingNo::new(70_000),
            venue: Code::new("sz-0001").expect("a code"),
            not_before: UtcMillis::new(1_795_514_400_000),
            expires_at: UtcMillis::new(1_795_519_800_000),
        }
    }

    const GOLDEN: &str = "AEDBX2ROLFFZC4SMD32CGSP7QRRZYRCVYJVQKYBANMCXKOAHON5C2MBQGAY7V3MD4SDVHZP7ZXJDWANN\
        SB7ZOW344NLOA2PJ5ORCFDPDIOKEXB2OV7CW3WBH6CAR2MQLJEGZQ5YNH44ONAQ3FRAY5E6HAZTI3PLZAA";
    const GOLDEN_KEY: &str = "061bea2e 99261d041dcca589fb5e884986a79c60d28b4f316c94483b064c9bbdb923bce9";

    #[test]
    fn a_ticket_keeps_its_text_for_ever() {
        let tickets = tickets();
        assert_eq!(tickets.sign(&ticket()).expect("signed"), GOLDEN);
        let (id, key) = tickets.public_key();
        assert_eq!(format!("{id} {}", data_encoding::HEXLOWER.encode(&key)), GOLDEN_KEY);
        assert_eq!(tickets.code(BookingNo::new(70_000)).as_str(), "58JZNV1Q");
    }

    #[test]
    fn a_ticket_says_what_was_signed() {
        let text = tickets().sign(&ticket()).expect("signed");
        assert_eq!(tickets().read(&text), Some(ticket()));
        assert!(text.len() <= TEXT_BYTES_MAX);
        let longest = Ticket { venue: Code::new(&"v".repeat(64)).expect("a code"), ..ticket() };
        let text = tickets().sign(&longest).expect("signed");
        assert_eq!(tickets().read(&text), Some(longest));
        assert!(text.len() <= TEXT_BYTES_MAX);
    }

    #[test]
    fn whatever_was_not_signed_here_is_no_ticket() {
        let tickets = tickets();
        let text = tickets.sign(&ticket()).expect("signed");
        for at in 0..text.len() {
            for other in b"A2=a \0" {
                let mut forged = text.clone().into_bytes();
                if forged[at] != *other {
                    forged[at] = *other;
                    let forged = String::from_utf8(forged).expect("ASCII");
                    assert_eq!(tickets.read(&forged), None, "{forged}");
                }
            }
            assert_eq!(tickets.read(&text[..at]), None, "cut at {at}");
        }
        assert_eq!(tickets.read(&format!("{text}A")), None);
        assert_eq!(tickets.read(&text.to_lowercase()), None, "a ticket has one text");
        let foreign = Tickets::new(&CityKeys::derive(&[8; 32]));
        assert_eq!(tickets.read(&foreign.sign(&ticket()).expect("signed")), None);
        assert_eq!(tickets.read(&"A".repeat(100_000)), None);
    }

    #[test]
    fn every_flipped_bit_makes_it_no_ticket() {
        let tickets = tickets();
        let bytes = BASE32_NOPAD.decode(tickets.sign(&ticket()).expect("signed").as_bytes()).expect("base32");
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(tickets.read(&BASE32_NOPAD.encode(&forged)), None, "bit {bit}");
        }
    }

    #[test]
    fn moments_that_four_bytes_cant_tell_are_refused() {
        for ms in [-1, i64::MAX, (1 << 32) * 1000] {
            let untellable = Ticket { expires_at: UtcMillis::new(ms), ..ticket() };
            assert_eq!(tickets().sign(&untellable), Err(UntellableMoment));
        }
    }

    #[test]
    fn a_code_is_read_as_people_say_and_write_it() {
        let code = TicketCode::read("K01D93FM").expect("a code");
        for text in ["k01d93fm", "KOID 93FM", "kold-93fm", " K01D-93FM "] {
            assert_eq!(TicketCode::read(text), Some(code), "{text}");
        }
        for text in ["", "K01D93F", "K01D93FMX", "K01D93FU", "K01D93F\u{ff2d}", "--------"] {
            assert_eq!(TicketCode::read(text), None, "{text}");
        }
    }

    #[test]
    fn each_booking_has_a_code_of_its_own() {
        let tickets = tickets();
        let mut codes: Vec<String> =
            (0..5000).map(|no| tickets.code(BookingNo::new(no)).as_str().to_owned()).collect();
        assert!(codes.iter().all(|code| TicketCode::read(code).is_some_and(|read| read.as_str() == code)));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 5000);
    }
}

//! Opaque ids: what residents, bookings and top-ups are called outside.
//!
//! An id is one block of AES over a kind, a number and zeros, written in lowercase base32 behind a letter for the kind.
//! Nothing is looked up: decoding gives the number back, and whatever was not made under this key decodes to something
//! without the zeros (all but one in 2^64). So ids can't be guessed or counted, and need no table.
//!
//! Cursors of lists are made the same way. They say where to go on in one's own list and give no right to anything.

use std::fmt;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use serde::{Serialize, Serializer};

use crate::domain::ids::{BookingNo, ResidentNo, TopUpNo};

const DIGITS: usize = 26;
const TEXT_BYTES: usize = 1 + DIGITS;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Makes ids and reads them back.
#[derive(Clone)]
pub struct PublicIds {
    cipher: Aes128,
}

/// An id's text: a letter for the kind and 26 of `a-z` and `2-7`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicId([u8; TEXT_BYTES]);

/// Which list a cursor belongs to: a cursor of one list is nothing to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListNo(u8);

impl ListNo {
    /// Lists are numbered below 64.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        assert!(number < 64, "lists are numbered below 64");
        Self(number)
    }

    const fn kind_byte(self) -> u8 {
        0x80 | self.0
    }
}

/// Where a list goes on: after the element with this sort value and this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub sort: u64,
    pub number: u32,
}

#[derive(Clone, Copy)]
enum Kind {
    Resident,
    Booking,
    TopUp,
}

impl Kind {
    const fn letter(self) -> u8 {
        match self {
            Self::Resident => b'r',
            Self::Booking => b'b',
            Self::TopUp => b't',
        }
    }
}

const CURSOR_LETTER: u8 = b'c';

impl PublicIds {
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self { cipher: Aes128::new(&Array::from(*key)) }
    }

    #[must_use]
    pub fn resident(&self, no: ResidentNo) -> PublicId {
        self.encode(Kind::Resident, u64::from(no.get()))
    }

    #[must_use]
    pub fn booking(&self, no: BookingNo) -> PublicId {
        self.encode(Kind::Booking, u64::from(no.get()))
    }

    #[must_use]
    pub fn top_up(&self, no: TopUpNo) -> PublicId {
        self.encode(Kind::TopUp, u64::from(no.get()))
    }

    #[must_use]
    pub fn read_resident(&self, text: &str) -> Option<ResidentNo> {
        self.decode(Kind::Resident, text).map(ResidentNo::new)
    }

    #[must_use]
    pub fn read_booking(&self, text: &str) -> Option<BookingNo> {
        self.decode(Kind::Booking, text).map(BookingNo::new)
    }

    /// A booking's id as the bytes that its text is made of.
    #[must_use]
    pub fn booking_block(&self, no: BookingNo) -> [u8; 16] {
        let mut block = Array::from(block_of(Kind::Booking, u64::from(no.get())));
        self.cipher.encrypt_block(&mut block);
        block.into()
    }

    /// The booking of such bytes.
    #[must_use]
    pub fn read_booking_block(&self, block: &[u8; 16]) -> Option<BookingNo> {
        let mut block = Array::from(*block);
        self.cipher.decrypt_block(&mut block);
        number_in(Kind::Booking, &block.into()).map(BookingNo::new)
    }

    #[must_use]
    pub fn read_top_up(&self, text: &str) -> Option<TopUpNo> {
        self.decode(Kind::TopUp, text).map(TopUpNo::new)
    }

    #[must_use]
    pub fn cursor(&self, list: ListNo, position: Position) -> PublicId {
        let mut block = [0; 16];
        block[0] = list.kind_byte();
        block[1..9].copy_from_slice(&position.sort.to_be_bytes());
        block[9..13].copy_from_slice(&position.number.to_be_bytes());
        self.seal(CURSOR_LETTER, block)
    }

    #[must_use]
    pub fn read_cursor(&self, list: ListNo, text: &str) -> Option<Position> {
        let block = self.open(CURSOR_LETTER, text)?;
        let [kind, rest @ ..] = block;
        if kind != list.kind_byte() || block[13..] != [0; 3] {
            return None;
        }
        let (sort, rest) = rest.split_first_chunk::<8>()?;
        let (number, _) = rest.split_first_chunk::<4>()?;
        Some(Position { sort: u64::from_be_bytes(*sort), number: u32::from_be_bytes(*number) })
    }

    fn encode(&self, kind: Kind, number: u64) -> PublicId {
        self.seal(kind.letter(), block_of(kind, number))
    }

    fn decode(&self, kind: Kind, text: &str) -> Option<u32> {
        number_in(kind, &self.open(kind.letter(), text)?)
    }

    fn seal(&self, letter: u8, block: [u8; 16]) -> PublicId {
        let mut block = Array::from(block);
        self.cipher.encrypt_block(&mut block);
        let mut rest = u128::from_be_bytes(block.into());
        let mut text = [letter; TEXT_BYTES];
        for digit in text[1..].iter_mut().rev() {
            *digit = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        PublicId(text)
    }

    fn open(&self, letter: u8, text: &str) -> Option<[u8; 16]> {
        let text: &[u8; TEXT_BYTES] = text.as_bytes().try_into().ok()?;
        let [first, digits @ ..] = text;
        if *first != letter {
            return None;
        }
        let mut value: u128 = 0;
        for digit in digits {
            let bits = match digit {
                b'a'..=b'z' => digit - b'a',
                b'2'..=b'7' => digit - b'2' + 26,
                _ => return None,
            };
            // 26 digits hold 130 bits: a first digit above 7 would be lost, and two texts would be one id.
            if value >> 123 != 0 {
                return None;
            }
            value = value << 5 | u128::from(bits);
        }
        let mut block = Array::from(value.to_be_bytes());
        self.cipher.decrypt_block(&mut block);
        Some(block.into())
    }
}

fn block_of(kind: Kind, number: u64) -> [u8; 16] {
    let mut block = [0; 16];
    block[0] = kind.letter();
    block[1..9].copy_from_slice(&number.to_be_bytes());
    block
}

fn number_in(kind: Kind, block: &[u8; 16]) -> Option<u32> {
    let (number, zeros) = block[1..].split_first_chunk::<8>()?;
    if block[0] != kind.letter() || zeros != [0; 7] {
        return None;
    }
    u32::try_from(u64::from_be_bytes(*number)).ok()
}

impl fmt::Debug for PublicIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicIds(..)")
    }
}

impl PublicId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only letters and digits of ASCII are ever put in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for PublicId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> PublicIds {
        PublicIds::new(&[9; 16])
    }

    #[test]
    fn an_id_gives_its_number_back_and_only_to_its_kind() {
        let ids = ids();
        for number in [0, 1, 77, u32::MAX] {
            let id = ids.booking(BookingNo::new(number));
            assert_eq!(ids.read_booking(id.as_str()), Some(BookingNo::new(number)));
            assert!(id.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{id}");
            assert_eq!(ids.read_resident(id.as_str()), None);
            let renamed = id.as_str().replacen('b', "r", 1);
            assert_eq!(ids.read_resident(&renamed), None, "the kind stands inside too");
            assert_eq!(
                ids.read_top_up(ids.top_up(TopUpNo::new(number)).as_str()),
                Some(TopUpNo::new(number))
            );
        }
    }

    #[test]
    fn whatever_was_not_made_here_is_nothing() {
        let ids = ids();
        let good = ids.resident(ResidentNo::new(5));
        for at in 0..TEXT_BYTES {
            let mut flipped = good.0;
            flipped[at] = if flipped[at] == b'a' { b'b' } else { b'a' };
            let text = String::from_utf8(flipped.to_vec()).expect("ascii");
            assert_eq!(ids.read_resident(&text), None, "{text}");
        }
        let foreign = PublicIds::new(&[8; 16]).resident(ResidentNo::new(5));
        for bad in ["", "r", "5", &good.as_str()[..26], &good.as_str().to_uppercase(), foreign.as_str()] {
            assert_eq!(ids.read_resident(bad), None, "{bad:?}");
        }
        assert_eq!(ids.read_resident(&format!("r{}", "7".repeat(26))), None, "more than a block");
        assert_eq!(ids.read_resident("rééééééééééééé"), None, "27 bytes, not 27 letters");
    }

    #[test]
    fn a_cursor_belongs_to_one_list() {
        let ids = ids();
        let (one, two) = (ListNo::new(1), ListNo::new(2));
        let position = Position { sort: u64::MAX - 3, number: 12 };
        let cursor = ids.cursor(one, position);
        assert_eq!(ids.read_cursor(one, cursor.as_str()), Some(position));
        assert_eq!(ids.read_cursor(two, cursor.as_str()), None);
        assert_eq!(ids.read_booking(cursor.as_str()), None);
        assert_eq!(ids.read_cursor(one, ids.booking(BookingNo::new(1)).as_str()), None);
    }
}

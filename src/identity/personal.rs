//! What is known of a person, sealed under that person's own key.
//!
//! Plain form: a version byte, then phone, name and password hash, each with its length in two bytes, the hash's length
//! being 0 when there is none. It stands sealed in the sign-up's record and nowhere else.

use std::fmt;

use zeroize::Zeroizing;

use super::phone::Phone;
use super::resident_keys::ResidentKey;
use super::sealing::{self, NotOurs, SealFault};
use crate::domain::ids::ResidentNo;

const VERSION: u8 = 1;

/// A person's data. `Debug` hides all of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalData {
    pub phone: Phone,
    pub name: String,
    /// Nothing for an account that can't log in by password.
    pub password_hash: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    #[error("the personal data is not sealed under this resident's key")]
    NotOurs,
    #[error("the personal data has a form that this version can't read")]
    UnknownForm,
}

impl PersonalData {
    /// The data under the person's own key, bound to the person's number.
    ///
    /// # Errors
    /// When the system has no random bytes, or a part is longer than 65,535 bytes.
    pub fn seal(&self, resident: ResidentNo, key: &ResidentKey) -> Result<Vec<u8>, SealFault> {
        let parts = [self.phone.as_str(), &self.name, self.password_hash.as_deref().unwrap_or_default()];
        let mut plain = Zeroizing::new(vec![VERSION]);
        for part in parts {
            put_part(&mut plain, part)?;
        }
        sealing::seal(key.bytes(), resident, &plain)
    }

    /// Opens what `seal` made.
    ///
    /// # Errors
    /// When the bytes are not sealed under this key, or are of another form.
    pub fn open(resident: ResidentNo, key: &ResidentKey, sealed: &[u8]) -> Result<Self, OpenFault> {
        let plain = sealing::open(key.bytes(), resident, sealed).map_err(|NotOurs| OpenFault::NotOurs)?;
        let plain = Zeroizing::new(plain);
        Self::read(&plain).ok_or(OpenFault::UnknownForm)
    }

    fn read(plain: &[u8]) -> Option<Self> {
        let (version, mut rest) = plain.split_first()?;
        if *version != VERSION {
            return None;
        }
        let phone = Phone::parse(read_part(&mut rest)?).ok()?;
        let name = read_part(&mut rest)?.to_owned();
        let password_hash = read_part(&mut rest)?;
        let password_hash = (!password_hash.is_empty()).then(|| password_hash.to_owned());
        rest.is_empty().then_some(Self { phone, name, password_hash })
    }
}

/// Adds a text behind its length.
pub(super) fn put_part(plain: &mut Vec<u8>, part: &str) -> Result<(), SealFault> {
    let length = u16::try_from(part.len()).map_err(|_| SealFault::TooLong)?;
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(part.as_bytes());
    Ok(())
}

/// Takes a text behind its length.
pub(super) fn read_part<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (part, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    std::str::from_utf8(part).ok()
}

impl fmt::Debug for PersonalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalData(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(password_hash: Option<&str>) -> PersonalData {
        PersonalData {
            phone: Phone::parse("13800138000").expect("good"),
            name: "王小明".to_owned(),
            password_hash: password_hash.map(str::to_owned),
        }
    }

    #[test]
    fn what_was_sealed_is_read_again_by_the_same_person_only() {
        let (one, two) = (ResidentNo::new(1), ResidentNo::new(2));
        let key = ResidentKey::from_bytes([5; 32]);
        for person in [somebody(None), somebody(Some("$argon2id$"))] {
            let sealed = person.seal(one, &key).expect("sealed");
            assert_eq!(PersonalData::open(one, &key, &sealed).expect("opened"), person);
            assert_eq!(PersonalData::open(two, &key, &sealed), Err(OpenFault::NotOurs));
            let other = ResidentKey::from_bytes([6; 32]);
            assert_eq!(PersonalData::open(one, &other, &sealed), Err(OpenFault::NotOurs));
            assert!(!format!("{person:?}").contains("王"));
        }
    }

    #[test]
    fn an_unknown_form_is_not_guessed_at() {
        let (one, key) = (ResidentNo::new(1), ResidentKey::from_bytes([5; 32]));
        for plain in [&b""[..], &[2, 0, 0], &[1, 0, 9, 1], &[1, 0, 0, 0, 0, 0, 0, 0]] {
            let sealed = sealing::seal(key.bytes(), one, plain).expect("sealed");
            assert_eq!(PersonalData::open(one, &key, &sealed), Err(OpenFault::UnknownForm), "{plain:?}");
        }
    }
}

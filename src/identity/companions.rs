//! Who comes along with a resident, sealed under the resident's own key: these people have said nothing themselves, so what is known of
//! them ends with whoever named them.
//!
//! Plain form: a byte of its own, then each companion as id and name, each with its length in two bytes, and the year of birth in two
//! bytes, 0 when it isn't known. A resident's list and who is named for a booking have the same form.

use std::fmt;

use zeroize::Zeroizing;

use super::personal::{OpenFault, put_part, read_part};
use super::resident_keys::ResidentKey;
use super::sealing::{self, NotOurs, SealFault};
use crate::domain::ids::{Code, ResidentNo};

/// Not the first byte of personal data: neither is ever read as the other.
const FORM: u8 = 2;

/// Somebody who comes along. `Debug` hides who.
#[derive(Clone, PartialEq, Eq)]
pub struct Companion {
    pub id: Code,
    pub name: String,
    pub birth_year: Option<u16>,
}

impl fmt::Debug for Companion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Companion(..)")
    }
}

/// These companions under a resident's own key. Nobody is no bytes.
///
/// # Errors
/// When the system has no random bytes, or a name is longer than 65,535 bytes.
pub fn seal(
    companions: &[Companion],
    resident: ResidentNo,
    key: &ResidentKey,
) -> Result<Box<[u8]>, SealFault> {
    if companions.is_empty() {
        return Ok(Box::from([]));
    }
    let mut plain = Zeroizing::new(vec![FORM]);
    for companion in companions {
        put_part(&mut plain, companion.id.as_str())?;
        put_part(&mut plain, &companion.name)?;
        plain.extend_from_slice(&companion.birth_year.unwrap_or(0).to_be_bytes());
    }
    Ok(sealing::seal(key.bytes(), resident, &plain)?.into())
}

/// Opens what `seal` made.
///
/// # Errors
/// When the bytes are not sealed under this key, or are of another form.
pub fn open(resident: ResidentNo, key: &ResidentKey, sealed: &[u8]) -> Result<Vec<Companion>, OpenFault> {
    if sealed.is_empty() {
        return Ok(Vec::new());
    }
    let plain = sealing::open(key.bytes(), resident, sealed).map_err(|NotOurs| OpenFault::NotOurs)?;
    let plain = Zeroizing::new(plain);
    read(&plain).ok_or(OpenFault::UnknownForm)
}

fn read(plain: &[u8]) -> Option<Vec<Companion>> {
    let mut rest = plain.strip_prefix(&[FORM])?;
    let mut companions = Vec::new();
    while !rest.is_empty() {
        let id = Code::new(read_part(&mut rest)?).ok()?;
        let name = read_part(&mut rest)?.to_owned();
        let (year, after) = rest.split_first_chunk::<2>()?;
        rest = after;
        let birth_year = Some(u16::from_be_bytes(*year)).filter(|year| *year != 0);
        companions.push(Companion { id, name, birth_year });
    }
    Some(companions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::personal::PersonalData;

    fn two() -> Vec<Companion> {
        let one = |id, name: &str, birth_year| Companion {
            id: Code::new(id).expect("a code"),
            name: name.to_owned(),
            birth_year,
        };
        vec![one("c-1", "王小明", None), one("c-2", "Ada", Some(2015))]
    }

    #[test]
    fn companions_are_read_again_by_the_same_resident_only() {
        let (one, two_no) = (ResidentNo::new(1), ResidentNo::new(2));
        let key = ResidentKey::from_bytes([5; 32]);
        let sealed = seal(&two(), one, &key).expect("sealed");
        assert_eq!(open(one, &key, &sealed).expect("opened"), two());
        assert_eq!(open(two_no, &key, &sealed), Err(OpenFault::NotOurs));
        assert!(!format!("{:?}", two()).contains("Ada"));
        assert!(seal(&[], one, &key).expect("sealed").is_empty());
        assert_eq!(open(one, &key, &[]), Ok(Vec::new()));
    }

    #[test]
    fn companions_and_personal_data_are_never_read_as_each_other() {
        let (one, key) = (ResidentNo::new(1), ResidentKey::from_bytes([5; 32]));
        let sealed = seal(&two(), one, &key).expect("sealed");
        assert_eq!(PersonalData::open(one, &key, &sealed), Err(OpenFault::UnknownForm));
        for plain in [&[1, 0, 0][..], &[2, 0, 1, b'a'], &[2, 0, 1, b'a', 0, 0], &[2, 0, 1, b'!', 0, 0, 0, 0]]
        {
            let sealed = sealing::seal(key.bytes(), one, plain).expect("sealed");
            assert_eq!(open(one, &key, &sealed), Err(OpenFault::UnknownForm), "{plain:?}");
        }
    }
}

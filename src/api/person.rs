//! Whoever gets an account: what is asked of him, and how it is kept. The same for residents and for the staff.

use std::sync::Arc;

use super::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::domain::event::PhoneHash;
use crate::domain::ids::ResidentNo;
use crate::engine::Engine;
use crate::identity::password::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, Password, PasswordFault};
use crate::identity::personal::PersonalData;
use crate::identity::phone::Phone;
use crate::identity::resident_keys::{ResidentKeyFault, ResidentKeys};

/// The longest name.
const NAME_CHARS_MAX: usize = 64;

/// What somebody said of himself, or an operator of him, when it is as it must be.
pub struct Person {
    pub phone: Phone,
    pub password: Password,
    pub name: String,
}

impl Person {
    /// Reads what was said. What is wrong with it is added to the faults, and nothing is read then.
    pub fn read(phone: &str, password: String, name: String, faults: &mut FieldFaults) -> Option<Self> {
        let phone = read_phone(phone).map_err(|fault| faults.add(fault)).ok();
        let password = Password::new(password).map_err(|_| faults.add(password_fault())).ok();
        let name = match name_fault(&name) {
            Some(fault) => {
                faults.add(fault);
                None
            }
            None => Some(name),
        };
        Some(Self { phone: phone?, password: password?, name: name? })
    }
}

/// Makes the resident's key, which is synced, and seals the personal data under it: off the threads that serve.
///
/// # Errors
/// A fault when the key can't be kept.
pub async fn seal(
    keys: &Arc<ResidentKeys>,
    no: ResidentNo,
    data: PersonalData,
) -> Result<Box<[u8]>, Problem> {
    let keys = Arc::clone(keys);
    let sealing = tokio::task::spawn_blocking(move || -> Result<Vec<u8>, String> {
        let key = keys.create(no).map_err(|fault| fault.to_string())?;
        data.seal(no, &key).map_err(|fault| fault.to_string())
    });
    match sealing.await {
        Ok(Ok(sealed)) => Ok(sealed.into()),
        Ok(Err(fault)) => Err(Problem::internal(&fault)),
        Err(fault) => Err(Problem::internal(&fault)),
    }
}

/// What is known of these people, in their order; nothing when one of them has deleted his account meanwhile. Their keys are read from a file, off the threads that serve.
///
/// # Errors
/// A fault when one of them can't be read.
pub async fn open(
    keys: &Arc<ResidentKeys>,
    sealed: Vec<(ResidentNo, Arc<[u8]>)>,
) -> Result<Vec<PersonalData>, Problem> {
    let keys = Arc::clone(keys);
    let opening = tokio::task::spawn_blocking(move || -> Result<Vec<PersonalData>, String> {
        let mut opened = Vec::with_capacity(sealed.len());
        for (no, sealed) in sealed {
            let key = match keys.get(no) {
                // Deleted since it was looked up: nobody is there any more.
                Err(ResidentKeyFault::Erased) => return Ok(Vec::new()),
                got => got.map_err(|fault| fault.to_string())?,
            };
            opened.push(PersonalData::open(no, &key, &sealed).map_err(|fault| fault.to_string())?);
        }
        Ok(opened)
    });
    match opening.await {
        Ok(Ok(opened)) => Ok(opened),
        Ok(Err(fault)) => Err(Problem::internal(&fault)),
        Err(fault) => Err(Problem::internal(&fault)),
    }
}

/// A telephone number that is kept for a new account, and given up unless the account's record is queued.
pub struct KeptPhone<'a> {
    engine: &'a Engine,
    hash: PhoneHash,
    no: ResidentNo,
    is_kept: bool,
}

impl<'a> KeptPhone<'a> {
    /// Keeps a number that was reserved.
    #[must_use]
    pub const fn new(engine: &'a Engine, hash: PhoneHash, no: ResidentNo) -> Self {
        Self { engine, hash, no, is_kept: true }
    }

    /// From here on the number is the command's, which gives it up itself when it is refused.
    pub fn hand_over<T>(mut self, command: impl FnOnce() -> T) -> T {
        self.is_kept = false;
        command()
    }
}

impl Drop for KeptPhone<'_> {
    fn drop(&mut self) {
        if self.is_kept {
            self.engine.release_phone(self.hash, self.no);
        }
    }
}

/// Reads a telephone number.
///
/// # Errors
/// What is wrong with it.
pub fn read_phone(text: &str) -> Result<Phone, FieldFault> {
    Phone::parse(text).map_err(|_| {
        FieldFault::new(
            "phone",
            Text::fixed(
                "must be + with 8 to 15 digits, or the 11 digits of a Chinese mobile number",
                "必须是 + 加 8 至 15 位数字,或 11 位中国大陆手机号",
            ),
        )
    })
}

fn password_fault() -> FieldFault {
    FieldFault::new(
        "password",
        Text::new(
            format!("must have {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes"),
            format!("长度必须为 {PASSWORD_BYTES_MIN} 至 {PASSWORD_BYTES_MAX} 字节"),
        ),
    )
}

/// What is wrong with a person's name.
#[must_use]
pub fn name_fault(name: &str) -> Option<FieldFault> {
    if name.trim().is_empty() {
        return Some(FieldFault::new("name", Text::fixed("must not be empty", "不能为空")));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Some(FieldFault::too_long("name", NAME_CHARS_MAX));
    }
    name.chars()
        .any(char::is_control)
        .then(|| FieldFault::new("name", Text::fixed("must not have control characters", "不能包含控制字符")))
}

/// What is answered when passwords can't be worked on.
#[must_use]
pub fn password_problem(fault: &PasswordFault) -> Problem {
    match fault {
        PasswordFault::Overloaded => Problem::OVERLOADED,
        PasswordFault::Hash(_) | PasswordFault::Random(_) | PasswordFault::Thread => Problem::internal(fault),
    }
}

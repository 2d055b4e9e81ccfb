//! `kaichang operator create`: an operator for a city that is not served, through its own journal.
//!
//! The first operator can't come by the API, which asks for one. Whoever can write in the data directory may do everything
//! anyway, so nothing more is asked of him here than that no server is running.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use serde::Serialize;

use super::arguments::OperatorArguments;
use super::data_dir::{DataDir, Keys};
use super::serve::check_pause;
use super::snapshots::{self, Begun};
use super::system_clock::SystemClock;
use super::{Failure, logging, manifest};
use crate::domain::clock::Clock;
use crate::domain::event::{AccountOpened, PhoneHash, Role};
use crate::domain::ids::ResidentNo;
use crate::engine::lane::Intake;
use crate::engine::log::Outcome;
use crate::engine::settle::Settlement;
use crate::engine::{CommandLane, Engine};
use crate::identity::city_keys::WhenAbsent;
use crate::identity::password::{Password, hash_blocking};
use crate::identity::personal::PersonalData;
use crate::identity::phone::Phone;
use crate::journal::{DirLock, FileDisk, Journal, Options};

/// The longest name, as at the API.
const NAME_CHARS_MAX: usize = 64;
/// How many numbers are tried where none is named.
const PHONES_MAX: u32 = 10_000;

/// What is printed.
#[derive(Serialize)]
struct Printed {
    role: &'static str,
    phone: String,
    password: String,
}

pub(super) fn run(arguments: &OperatorArguments) -> Result<ExitCode, Failure> {
    logging::start();
    let name = arguments.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(format!("a name has 1 to {NAME_CHARS_MAX} characters").into());
    }
    let phone = arguments.phone.as_deref().map(Phone::parse).transpose()?;
    let dir = DataDir::new(&arguments.data_dir, arguments.key_file.as_deref());
    // Asked first, for the lock makes the directory.
    dir.expect_city()?;
    let _lock = DirLock::acquire(&arguments.data_dir)?;
    manifest::accept(dir.root())?;
    let keys = dir.keys(WhenAbsent::Refuse)?;
    let password = random_password()?;
    let phone = append(arguments, &dir, &keys, phone, &password)?;
    let printed = Printed { role: "operator", phone: phone.as_str().to_owned(), password };
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(&printed)?)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// A password of 24 signs that nobody guesses.
pub(super) fn random_password() -> Result<String, Failure> {
    let mut secret = [0; 15];
    getrandom::fill(&mut secret).map_err(|error| format!("no random bytes: {error}"))?;
    Ok(BASE32_NOPAD.encode(&secret).to_lowercase())
}

/// Opens the account in the journal, as a server would, and waits until it is durable.
fn append(
    arguments: &OperatorArguments,
    dir: &DataDir,
    keys: &Keys,
    phone: Option<Phone>,
    password: &str,
) -> Result<Phone, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let Begun { mut replay, position } = snapshots::begin(dir)?;
    let disk = FileDisk::new(dir.journal())?;
    let apply = |sequence, at, bytes: &[u8]| replay.apply(sequence, at, bytes);
    let journal = Journal::open_behind(disk, Options::default(), position.as_ref(), apply)?;
    if !arguments.trust_clock {
        // A record of now would hide the pause from the next start.
        check_pause(replay.last_at(), clock.now())?;
    }
    let engine = Arc::new(replay.finish()?);
    let (phone, no) = reserved(&engine, keys, phone)?;
    let hash = PhoneHash(phone.hash(keys.city.phone()).bytes());
    let data = PersonalData {
        phone: phone.clone(),
        name: arguments.name.trim().to_owned(),
        password_hash: Some(hash_blocking(&Password::new(password.to_owned())?)?),
    };
    let sealed = data.seal(no, &keys.residents.create(no)?)?.into();
    let account = AccountOpened { resident: no, role: Role::Operator, phone: hash, sealed };

    let (intake, lanes) = Intake::new(1, 1);
    let settlement = Settlement::new(Arc::clone(&engine), Arc::clone(&intake));
    let (handle, committer) = journal.start(Arc::clone(&intake), settlement, clock)?;
    let lane = CommandLane::new(lanes.into_iter().next().ok_or("an intake without a lane")?);
    let ticket = engine.open_account(&lane, account).map_err(|refusal| format!("no account: {refusal:?}"))?;
    handle.stop();
    committer.join().map_err(|_| "the journal's thread panicked")??;
    match intake.outcome(ticket) {
        Some(Outcome::Durable) => Ok(phone),
        Some(Outcome::NotWritten | Outcome::Unknown) | None => {
            Err("the operator could not be written: is the disk full?".into())
        }
    }
}

/// Keeps the number that was named, or the first that nobody has.
fn reserved(engine: &Engine, keys: &Keys, phone: Option<Phone>) -> Result<(Phone, ResidentNo), Failure> {
    let reserve = |phone: &Phone| engine.reserve_phone(PhoneHash(phone.hash(keys.city.phone()).bytes()));
    if let Some(phone) = phone {
        let no = reserve(&phone).map_err(|_| "there is an account with this phone number")?;
        return Ok((phone, no));
    }
    for number in 0..PHONES_MAX {
        // Numbers that begin with 199 9100: nobody is given them.
        let phone = Phone::parse(&format!("+861999100{number:04}"))?;
        if let Ok(no) = reserve(&phone) {
            return Ok((phone, no));
        }
    }
    Err("no number is free: name one with --phone".into())
}

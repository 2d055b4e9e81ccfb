//! `kaichang demo`: the demo city in a data directory, with accounts to try it and, for load tests, with residents.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::arguments::DemoArguments;
use super::data_dir::{DataDir, Keys};
use super::operator::random_password;
use super::system_clock::SystemClock;
use super::{Failure, founding, say};
use crate::demo;
use crate::domain::clock::Clock;
use crate::domain::definition::VenueDef;
use crate::domain::event::{AccountOpened, Event, PhoneHash, ResidentsEnrolled, Role};
use crate::domain::ids::{ResidentNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;
use crate::engine::accounts::FIRST_SESSION;
use crate::identity::city_keys::WhenAbsent;
use crate::identity::password::{Password, hash_blocking};
use crate::identity::personal::PersonalData;
use crate::identity::phone::Phone;
use crate::identity::public_id::PublicIds;
use crate::identity::token::{TokenClaims, Tokens};
use crate::journal::DirLock;

/// What each resident of a load test has in the wallet.
pub(super) const BALANCE: Minor = Minor::new(1_000_000);
/// Where the demo's accounts stand.
pub(super) const ACCOUNTS_FILE: &str = "demo-accounts.json";

#[derive(Serialize)]
struct DemoAccount {
    role: &'static str,
    venue: Option<String>,
    phone: String,
    password: String,
}

pub(super) fn run(arguments: &DemoArguments) -> Result<ExitCode, Failure> {
    let _lock = DirLock::acquire(&arguments.data_dir)?;
    let dir = DataDir::new(&arguments.data_dir, arguments.key_file.as_deref());
    if dir.has_city()? {
        let shown = arguments.data_dir.display();
        return Err(format!("{shown} has a city already: name an empty directory").into());
    }
    let residents = Residents { count: arguments.residents, tokens: arguments.tokens.as_deref() };
    make(&dir, arguments.seed, arguments.days_ahead, &residents)?;
    say(&format!(
        "{} venues with {} pitches stand in {}",
        demo::VENUES,
        demo::PITCHES,
        arguments.data_dir.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Residents for load tests.
pub(super) struct Residents<'a> {
    pub(super) count: u32,
    pub(super) tokens: Option<&'a Path>,
}

impl Residents<'_> {
    pub(super) const NONE: Self = Self { count: 0, tokens: None };
}

/// Makes the demo city in a directory that has none.
pub(super) fn make(
    dir: &DataDir,
    seed: u64,
    days_ahead: u8,
    residents: &Residents<'_>,
) -> Result<(), Failure> {
    let keys = dir.keys(WhenAbsent::Create)?;
    let mut events = demo::city(seed);
    if let Some(Event::CityFounded(city)) = events.first_mut() {
        city.days_ahead = days_ahead;
        // Refused here rather than at the first start.
        crate::domain::catalogue::Catalogue::found(city.as_ref().clone())?;
    }
    let venues: Vec<VenueDef> = events
        .iter()
        .filter_map(
            |event| if let Event::VenueAdded(venue) = event { Some(venue.as_ref().clone()) } else { None },
        )
        .collect();
    let (accounts, opened) = staff(&keys, &venues)?;
    let staff_count = u32::try_from(opened.len())?;
    events.extend(opened);
    if residents.count > 0 {
        let first = ResidentNo::new(staff_count);
        events.push(Event::ResidentsEnrolled(ResidentsEnrolled {
            first,
            count: residents.count,
            balance: BALANCE,
        }));
        if let Some(path) = residents.tokens {
            write_tokens(path, &keys, first, residents.count, SystemClock::new().now())?;
        }
    }
    write_accounts(&dir.root().join(ACCOUNTS_FILE), &accounts)?;
    founding::found(dir, events)
}

/// An operator, and a manager for each venue. They share one random password, which is hashed once.
fn staff(keys: &Keys, venues: &[VenueDef]) -> Result<(Vec<DemoAccount>, Vec<Event>), Failure> {
    let text = random_password()?;
    let password_hash = hash_blocking(&Password::new(text.clone())?)?;
    let count = u32::try_from(venues.len())? + 1;
    let person_keys = keys.residents.create_all((0..count).map(ResidentNo::new))?;
    let mut accounts = Vec::new();
    let mut events = Vec::new();
    for (index, key) in (0..count).zip(person_keys) {
        let resident = ResidentNo::new(index);
        let manages = index.checked_sub(1).map(VenueNo::new);
        let venue = manages.and_then(|venue| venues.get(venue.index()));
        let (role, shown) = match manages {
            None => (Role::Operator, "operator"),
            Some(venue) => (Role::VenueManager(venue), "manager"),
        };
        // Numbers that begin with 199 9000: nobody in the demo has them.
        let phone = Phone::parse(&format!("+861999000{index:04}"))?;
        let data = PersonalData {
            phone: phone.clone(),
            name: venue.map_or_else(|| "Operator".to_owned(), |venue| venue.name.en.clone()),
            password_hash: Some(password_hash.clone()),
        };
        accounts.push(DemoAccount {
            role: shown,
            venue: venue.map(|venue| venue.code.as_str().to_owned()),
            phone: phone.as_str().to_owned(),
            password: text.clone(),
        });
        events.push(Event::AccountOpened(Box::new(AccountOpened {
            resident,
            role,
            phone: PhoneHash(phone.hash(keys.city.phone()).bytes()),
            sealed: data.seal(resident, &key)?.into(),
        })));
    }
    Ok((accounts, events))
}

fn write_accounts(path: &Path, accounts: &[DemoAccount]) -> Result<(), Failure> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(&serde_json::to_vec_pretty(accounts)?)?;
    file.sync_all()?;
    Ok(())
}

/// A line `ID TOKEN` for each resident.
pub(super) fn write_tokens(
    path: &Path,
    keys: &Keys,
    first: ResidentNo,
    count: u32,
    now: UtcMillis,
) -> Result<(), Failure> {
    let (ids, tokens) = (PublicIds::new(keys.city.public_id()), Tokens::new(keys.city.token()));
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| format!("the tokens in {}: {error}", path.display()))?;
    let mut lines = BufWriter::with_capacity(1 << 20, file);
    let (slot, generation) = FIRST_SESSION;
    for no in first.get()..first.get().saturating_add(count) {
        let resident = ResidentNo::new(no);
        let minted = tokens.mint(TokenClaims { resident, slot, generation }, now);
        lines.write_all(ids.resident(resident).as_str().as_bytes())?;
        lines.write_all(b" ")?;
        lines.write_all(minted.token.as_str().as_bytes())?;
        lines.write_all(b"\n")?;
    }
    lines.flush()?;
    Ok(())
}

//! `kaichang rehearse`: a copy of a city, served shortly before a release's instant, for whoever wants to see the hour before it comes.
//!
//! The copy is made as a backup is, beside the running server. It is fenced: it writes into no Postgres, listens on this machine alone
//! unless told otherwise, says on every page and in `/readyz` what it is, and `kaichang serve` refuses its directory. Its clock runs ahead
//! of the machine's by as much as the instant is away. Nothing that is done in it comes back.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use super::arguments::{Empty, RehearseArguments, ServeArguments};
use super::data_dir::DataDir;
use super::settings::Settings;
use super::snapshots::{self, Begun};
use super::system_clock::SystemClock;
use super::{Failure, backup, demo, founding, logging, manifest, open_files, say, serve};
use crate::api::open_data::releases::next_opening;
use crate::domain::catalogue::Release;
use crate::domain::clock::Clock;
use crate::domain::event::{Event, ResidentsEnrolled};
use crate::domain::ids::ResidentNo;
use crate::domain::time::UtcMillis;
use crate::engine::Engine;
use crate::engine::world::World;
use crate::identity::city_keys::WhenAbsent;
use crate::journal::DirLock;

/// What stands in a directory that is a rehearsal's.
const MARKER: &str = "rehearsal";
const MINUTE_MS: i64 = 60_000;

/// Refuses a directory that is a rehearsal's: what is in it never happened.
pub(super) fn refuse(dir: &DataDir) -> Result<(), Failure> {
    // Whoever opens the directory says what is wrong with one that can't be looked into.
    if dir.root().join(MARKER).exists() {
        let shown = dir.root().display();
        return Err(format!("{shown} is the copy of a rehearsal, which nobody goes on from").into());
    }
    Ok(())
}

pub(super) fn run(arguments: &RehearseArguments) -> Result<ExitCode, Failure> {
    logging::start();
    open_files::allow_most();
    let from = DataDir::new(&arguments.data_dir, None);
    from.expect_city()?;
    refuse(&from)?;
    let copied = backup::make(&from, &arguments.into, backup::MasterKey::Copied)?;
    if !copied.violations.is_empty() {
        return Err(
            format!("the city breaks {} of its rules: see kaichang verify", copied.violations.len()).into()
        );
    }
    std::fs::write(arguments.into.join(MARKER), &arguments.release)?;
    let looked_at = looked_at(&copied.engine, &arguments.release);
    drop(copied);
    if looked_at.is_err() {
        // Of no use to anybody, and in the way of the next.
        std::fs::remove_dir_all(&arguments.into)?;
    }
    let (instant, first) = looked_at?;
    let ahead_ms =
        instant.since_ms(SystemClock::new().now()) - i64::from(arguments.minutes_before) * MINUTE_MS;
    let clock = SystemClock::ahead(ahead_ms);
    let dir = DataDir::new(&arguments.into, arguments.key_file.as_deref());
    enrol(&dir, arguments, first, clock.now())?;
    let settings = settings_of(arguments)?;
    let shown = jiff::Timestamp::from_millisecond(instant.get())?;
    say(&format!(
        "a rehearsal of {}, whose instant is {shown}: its clock is {} seconds ahead, and so it comes in {} minutes",
        arguments.release,
        ahead_ms / 1000,
        arguments.minutes_before
    ));
    crate::web::rehearsal::announce();
    serve::open(&settings, Arc::new(clock))
}

/// When the release's hour is, and the first number that no account has.
fn looked_at(engine: &Engine, code: &str) -> Result<(UtcMillis, ResidentNo), Failure> {
    let world = engine.world();
    let release = world.catalogue.release_by_code(code);
    let release = release.ok_or_else(|| format!("the city has no release {code}"))?;
    let now = SystemClock::new().now();
    let instant = instant_of(&world, release, now);
    let instant = instant.ok_or_else(|| format!("{code} has no instant ahead that could be rehearsed"))?;
    Ok((instant, ResidentNo::new(engine.residents().count())))
}

/// The next moment at which everybody comes: when a draw's window opens or closes, or something can be booked.
fn instant_of(world: &World, release: &Release, now: UtcMillis) -> Option<UtcMillis> {
    let window = release.def.lottery.as_deref().map(|lottery| [lottery.from, lottery.until]);
    let ahead = window.into_iter().flatten().filter(|at| *at > now);
    ahead.chain(next_opening(world, release, now)).min()
}

/// Residents for the load, with money and without names, who are there in the copy alone.
fn enrol(
    dir: &DataDir,
    arguments: &RehearseArguments,
    first: ResidentNo,
    now: UtcMillis,
) -> Result<(), Failure> {
    if arguments.residents == 0 {
        return Ok(());
    }
    let _lock = DirLock::acquire(dir.root())?;
    manifest::accept(dir.root())?;
    let keys = dir.keys(WhenAbsent::Refuse)?;
    let Begun { position, .. } = snapshots::begin(dir)?;
    let enrolled = ResidentsEnrolled { first, count: arguments.residents, balance: demo::BALANCE };
    founding::add(dir, position.as_ref(), vec![Event::ResidentsEnrolled(enrolled)])?;
    match &arguments.tokens {
        Some(path) => demo::write_tokens(path, &keys, first, arguments.residents, now),
        None => Ok(()),
    }
}

fn settings_of(arguments: &RehearseArguments) -> Result<Settings, Failure> {
    Settings::of(ServeArguments {
        data_dir: Some(arguments.into.clone()),
        listen: Some(arguments.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8090)))),
        empty: Some(Empty::Refuse),
        key_file: arguments.key_file.clone(),
        workers: arguments.workers,
        admission_bound: arguments.admission_bound,
        // Nobody goes on from it.
        snapshot_every_s: Some(0),
        trust_clock: true,
        ..ServeArguments::default()
    })
}

//! Making a city: its first events, written through the journal as all others are, and kept when the last one is durable.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::data_dir::DataDir;
use super::system_clock::SystemClock;
use crate::demo;
use crate::domain::definition::{CityDef, hold_minutes};
use crate::domain::event::Event;
use crate::domain::ids::Code;
use crate::domain::money::Currency;
use crate::domain::names::Names;
use crate::domain::policy::{QuotaMeasure, QuotaRule, QuotaScope, QuotaWindow};
use crate::domain::time::UtcMillis;
use crate::engine::lane::Intake;
use crate::engine::log::{Sequence, Settle};
use crate::journal::{FileDisk, Journal, Options, Position};

/// How many records are under way at once.
const OUTSTANDING_MAX: u32 = 4096;

/// Nobody lives in the city yet: what is durable changes nothing.
struct NobodyWaits;

impl Settle<Event> for NobodyWaits {
    fn durable(&mut self, _sequence: Sequence, _at: UtcMillis, _event: Event) {}
    fn not_written(&mut self, _event: Event) {}
}

/// Writes the events of a new city.
pub(super) fn found(dir: &DataDir, events: Vec<Event>) -> Result<(), Failure> {
    dir.clear_making()?;
    write(dir, None, events, "making the city")?;
    dir.keep_made()?;
    Ok(())
}

/// Adds events to a city that nobody serves, all of them or none: they are written behind a copy of its journal, which takes the
/// journal's place when the last one is durable. They go on from the position of the snapshot that the city was read from, if any:
/// what stands before may have been given up.
pub(super) fn add(dir: &DataDir, behind: Option<&Position>, events: Vec<Event>) -> Result<(), Failure> {
    dir.clear_making()?;
    let changed = write_and_exchange(dir, behind, events);
    // What is there now is the former journal, or what came to nothing, which would take up room for good.
    let cleared = dir.clear_making();
    changed?;
    cleared?;
    Ok(())
}

fn write_and_exchange(dir: &DataDir, behind: Option<&Position>, events: Vec<Event>) -> Result<(), Failure> {
    dir.copy_journal_for_making()?;
    write(dir, behind, events, "changing the city")?;
    dir.exchange_made()
}

/// Writes events behind those that stand in the journal in making.
fn write(
    dir: &DataDir,
    behind: Option<&Position>,
    events: Vec<Event>,
    doing: &'static str,
) -> Result<(), Failure> {
    let disk = FileDisk::new(dir.journal_in_making())?;
    let none = |_: Sequence, _: UtcMillis, _: &[u8]| -> Result<(), Failure> { Ok(()) };
    let journal = Journal::open_behind(disk, Options::default(), behind, none)?;
    let (intake, owners) = Intake::new(1, OUTSTANDING_MAX);
    let (handle, committer) =
        journal.start(Arc::clone(&intake), NobodyWaits, Arc::new(SystemClock::new()))?;
    let progress = progress_bar(events.len() as u64, doing);
    let owner = owners.into_iter().next().ok_or("an intake without a lane")?;
    let first = handle.durable();
    let count = events.len() as u64;
    for event in events {
        let permit = loop {
            match owner.permit() {
                Ok(permit) => break permit,
                Err(_) if intake.is_halted() => return Err(ended(committer)),
                Err(_) => std::thread::yield_now(),
            }
        };
        permit.push(event);
        progress.inc(1);
    }
    handle.stop();
    if let Err(error) = committer.join().map_err(|_| "the journal's thread panicked")? {
        return Err(error.into());
    }
    progress.finish_and_clear();
    let written = handle.durable().get() - first.get();
    if written != count {
        return Err(format!("only {written} of {count} events could be written: is the disk full?").into());
    }
    Ok(())
}

fn ended(committer: std::thread::JoinHandle<Result<(), crate::journal::JournalError>>) -> Failure {
    match committer.join() {
        Ok(Err(error)) => error.into(),
        Ok(Ok(())) | Err(_) => "the journal has stopped".into(),
    }
}

/// Seen on a terminal only.
fn progress_bar(count: u64, doing: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(count).with_message(doing);
    let style = ProgressStyle::with_template("{msg} {bar:40} {percent}% of {len} events")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar
}

/// A city that has nothing yet.
pub(super) fn bare_def(timezone: &str, currency: &str, days_ahead: u8) -> Result<CityDef, Failure> {
    let quota = |name, window, limit| -> Result<QuotaRule, Failure> {
        let name = Code::new(name)?;
        Ok(QuotaRule { name, scope: QuotaScope::City, measure: QuotaMeasure::Bookings, window, limit })
    };
    let city = CityDef {
        name: Names::new("城市", "City"),
        timezone: timezone.to_owned(),
        currency: Currency::new(currency)?,
        days_ahead,
        hold_minutes: hold_minutes(),
        quotas: vec![
            quota("city-day", QuotaWindow::DayOfPlay, 4)?,
            quota("city-live", QuotaWindow::Live, 20)?,
        ],
    };
    // Refused here rather than at the first start.
    crate::domain::catalogue::Catalogue::found(city.clone())?;
    Ok(city)
}

/// The events of a city that has no venues yet. It has sports, so that pitches can be made at once.
pub(super) fn bare_city(timezone: &str, currency: &str, days_ahead: u8) -> Result<Vec<Event>, Failure> {
    let city = bare_def(timezone, currency, days_ahead)?;
    let sports = demo::sports().into_iter().map(|sport| Event::SportAdded(Box::new(sport)));
    Ok(std::iter::once(Event::CityFounded(Box::new(city))).chain(sports).collect())
}

//! `kaichang import`: a city made of files, or changed by them, while nobody serves it.
//!
//! All files are read and judged first, against the city as its journal has it. One bad line and nothing is written. What is written
//! goes behind a copy of the journal that takes the journal's place in one step, so who kills this finds the city as it was or as
//! it is to be. Exit codes: 0 done, 1 bad lines, 2 when it can't start.

use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use super::arguments::ImportArguments;
use super::data_dir::DataDir;
use super::serve::check_pause;
use super::snapshots::{self, Begun};
use super::system_clock::SystemClock;
use super::{Failure, founding, logging, manifest};
use crate::city_files::{
    Defaults, EVENT_BYTES_MAX, Faults, File, Named, Plan, Sources, Standing, Target, plan,
};
use crate::demo;
use crate::domain::clock::Clock;
use crate::domain::event::{Event, StaffActed};
use crate::domain::time::UtcMillis;
use crate::engine::Engine;
use crate::engine::closing::Inside;
use crate::engine::world::World;
use crate::identity::city_keys::WhenAbsent;
use crate::journal::layout::RECORD_BYTES_MAX;
use crate::journal::{DirLock, FileDisk, Position, read_only_behind};

const _: () = assert!(EVENT_BYTES_MAX + 64 <= RECORD_BYTES_MAX, "what is planned can be written");

/// Lines are bad.
const BAD_LINES: u8 = 1;
/// The longest file: many times a large city's.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

pub(super) fn run(arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    logging::start();
    let sources = read_files(&arguments.files)?;
    let dir = DataDir::new(&arguments.data_dir, arguments.key_file.as_deref());
    let planned =
        if dir.has_city()? { change(arguments, &dir, &sources)? } else { make(arguments, &dir, &sources)? };
    match planned {
        Ok(plan) => tell(arguments, &plan),
        Err(faults) => tell_faults(&faults),
    }
}

/// The files of a directory. One that no city has is told, so that a slip in a name doesn't leave a file out.
fn read_files(dir: &Path) -> Result<Sources, Failure> {
    let shown = |error: std::io::Error| format!("the files in {}: {error}", dir.display());
    let mut sources = Sources::default();
    for entry in fs::read_dir(dir).map_err(shown)? {
        let path = entry.map_err(shown)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        // What programs keep beside the files that they have open, and archives beside those that they unpack.
        if name.starts_with(['.', '~']) {
            continue;
        }
        if !Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("csv")) {
            continue;
        }
        let Some(file) = File::ALL.into_iter().find(|file| file.name() == name) else {
            let known: Vec<_> = File::ALL.into_iter().map(File::name).collect();
            return Err(format!("{} is none of a city's files: {}", path.display(), known.join(", ")).into());
        };
        let bytes_long = fs::metadata(&path).map_err(shown)?.len();
        if bytes_long > FILE_BYTES_MAX {
            return Err(
                format!("{} has {bytes_long} bytes, more than {FILE_BYTES_MAX}", path.display()).into()
            );
        }
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        sources.0.push(Named { file, bytes });
    }
    if sources.0.is_empty() {
        return Err(format!("there is no file of a city in {}", dir.display()).into());
    }
    Ok(sources)
}

/// What became of it: a plan that was carried out unless it is a dry run, or all that is wrong.
type Planned = Result<Plan, Faults>;

/// A city of its own. Nothing is made before all lines are good.
fn make(arguments: &ImportArguments, dir: &DataDir, sources: &Sources) -> Result<Planned, Failure> {
    let has_settings =
        arguments.timezone.is_some() || arguments.currency.is_some() || arguments.days_ahead.is_some();
    if has_settings && sources.of(File::City).is_some() {
        return Err("time zone, currency and days ahead stand in city.csv: name them there or here".into());
    }
    let city = founding::bare_def(
        arguments.timezone.as_deref().unwrap_or("Asia/Shanghai"),
        arguments.currency.as_deref().unwrap_or("CNY"),
        arguments.days_ahead.unwrap_or(7),
    )?;
    let defaults = Defaults { city, sports: demo::sports() };
    let plan = match plan(sources, Target::New(Box::new(defaults))) {
        Ok(plan) if !arguments.dry_run => plan,
        planned => return Ok(planned),
    };
    let _lock = DirLock::acquire(&arguments.data_dir)?;
    if dir.has_city()? {
        return Err(format!("somebody has made a city in {} meanwhile", arguments.data_dir.display()).into());
    }
    dir.keys(WhenAbsent::Create)?;
    founding::found(dir, plan.events.clone())?;
    Ok(Ok(plan))
}

/// A city that is there. A dry run reads it as it is, also beside a server; who changes it keeps others out.
fn change(arguments: &ImportArguments, dir: &DataDir, sources: &Sources) -> Result<Planned, Failure> {
    let _lock = if arguments.dry_run { None } else { Some(DirLock::acquire(&arguments.data_dir)?) };
    if !arguments.dry_run {
        manifest::accept(dir.root())?;
    }
    let Replayed { engine, last_at, behind } = replayed(dir)?;
    let world = World::clone(&engine.world());
    let bookings_inside = |def: &_| {
        let mut inside = Inside::of(&world, def);
        while inside.look_on(&engine, &world) {}
        inside.found().len()
    };
    let standing = Standing { catalogue: &world.catalogue, bookings_inside: &bookings_inside };
    let plan = match plan(sources, Target::Standing(standing)) {
        Ok(plan) if !arguments.dry_run && !plan.events.is_empty() => plan,
        planned => return Ok(planned),
    };
    if !arguments.trust_clock {
        // A record of now would hide the pause from the next start.
        check_pause(last_at, SystemClock::new().now())?;
    }
    let by_import = |action: &Event| {
        Event::StaffActed(StaffActed { by: StaffActed::THE_IMPORT, action: Box::new(action.clone()) })
    };
    founding::add(dir, behind.as_ref(), plan.events.iter().map(by_import).collect())?;
    Ok(Ok(plan))
}

/// The city as its snapshots and its journal have it.
pub(super) struct Replayed {
    pub(super) engine: Engine,
    /// When its last event was.
    last_at: Option<UtcMillis>,
    /// Where the snapshot stands that was begun with.
    behind: Option<Position>,
}

/// Reads the city, and changes nothing.
pub(super) fn replayed(dir: &DataDir) -> Result<Replayed, Failure> {
    let disk = FileDisk::new(dir.journal())?;
    let Begun { mut replay, position } = snapshots::begin(dir)?;
    read_only_behind(&disk, position.as_ref(), |sequence, at, bytes| replay.apply(sequence, at, bytes))?
        .ok_or("the journal is empty")?;
    let last_at = replay.last_at();
    Ok(Replayed { engine: replay.finish()?, last_at, behind: position })
}

fn tell(arguments: &ImportArguments, plan: &Plan) -> Result<ExitCode, Failure> {
    let mut out = stdout().lock();
    for (file, counts) in &plan.counts {
        let (new, changed, unchanged) = (counts.new, counts.changed, counts.unchanged);
        writeln!(out, "{}: {new} new, {changed} changed, {unchanged} unchanged", file.name())?;
    }
    if plan.bookings_refunded > 0 {
        writeln!(out, "bookings that new closures cancel and refund: {}", plan.bookings_refunded)?;
    }
    let shown = arguments.data_dir.display();
    if arguments.dry_run {
        writeln!(out, "a dry run: nothing was changed in {shown}")?;
    } else if plan.events.is_empty() {
        writeln!(out, "all is as it was in {shown}")?;
    } else {
        writeln!(out, "done: the city stands in {shown}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_faults(faults: &Faults) -> Result<ExitCode, Failure> {
    let mut out = stdout().lock();
    for fault in faults.iter() {
        writeln!(out, "{fault}")?;
    }
    if faults.left_out() > 0 {
        writeln!(out, "and {} more", faults.left_out())?;
    }
    let count = faults.iter().count() + faults.left_out();
    writeln!(out, "{count} faults, and nothing was changed")?;
    Ok(ExitCode::from(BAD_LINES))
}

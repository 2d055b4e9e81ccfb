//! `kaichang backup`: a copy of a city that a start can go on from, made while it serves or while it is closed.
//!
//! What another program copies in whatever order may have a snapshot without the segments behind it, a torn end, or residents without
//! their keys. Here nobody makes snapshots, packs or gives up segments meanwhile, and the order is: snapshots, then the journal, then
//! the keys, so that whatever one says is known to what comes after it. Then the copy is read as a start would read it, and gets its
//! name when all of it is durable.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write, stdout};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::arguments::BackupArguments;
use super::data_dir::DataDir;
use super::roots::ROOTS_PATH;
use super::snapshots::{self, Begun};
use super::{Failure, demo, logging, manifest, say};
use crate::engine::Engine;
use crate::engine::audit::Violation;
use crate::identity::city_keys::MASTER_KEY_PATH;
use crate::identity::resident_keys::RESIDENT_KEYS_PATH;
use crate::journal::{
    DirLock, FileDisk, JournalError, ReadOnly, copy_segments, read_only_behind, snapshot_sequence, uuid_text,
};

/// How often it is looked whether a snapshot that is being made is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The lowest priority there is.
const NICE: i32 = 19;
/// A rule doesn't hold.
const BROKEN: u8 = 1;

pub(super) fn run(arguments: &BackupArguments) -> Result<ExitCode, Failure> {
    logging::start();
    let dir = DataDir::new(&arguments.data_dir, None);
    dir.expect_city()?;
    // The server goes first, whatever else the machine does.
    rustix::process::setpriority_process(None, NICE)?;
    let key = if arguments.without_master_key { MasterKey::LeftOut } else { MasterKey::Copied };
    let Copied { read, violations, .. } = make(&dir, &arguments.into, key)?;
    if !violations.is_empty() {
        let mut out = stdout().lock();
        for violation in &violations {
            writeln!(out, "{}: {}", violation.invariant, violation.what)?;
        }
        let unfinished = unfinished(&arguments.into);
        say(&format!("the city breaks its rules; what was copied stays in {}", unfinished.display()));
        return Ok(ExitCode::from(BROKEN));
    }
    tell(&arguments.into, &read)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a copy has the master key, where that stands in the data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MasterKey {
    Copied,
    LeftOut,
}

/// A copy that was read as a start would read it.
pub(super) struct Copied {
    pub(super) engine: Engine,
    pub(super) violations: Vec<Violation>,
    read: ReadOnly,
}

/// Copies a city. The copy has its name when all of it is durable and no rule is broken; else it stays unfinished.
pub(super) fn make(dir: &DataDir, into: &Path, key: MasterKey) -> Result<Copied, Failure> {
    let unfinished = unfinished(into);
    for path in [into, &unfinished] {
        if path.try_exists()? {
            return Err(format!("{} is there already: name another directory", path.display()).into());
        }
    }
    make_dir(&unfinished)?;
    copy(dir, &unfinished, key)?;
    let copied = DataDir::new(&unfinished, None);
    let Begun { mut replay, position } = snapshots::begin(&copied)?;
    let disk = FileDisk::existing(copied.journal())?;
    let apply = |sequence, at, bytes: &[u8]| replay.apply(sequence, at, bytes);
    let read = read_only_behind(&disk, position.as_ref(), apply)?.ok_or("the journal is empty")?;
    let engine = replay.finish()?;
    let violations = engine.audit();
    if violations.is_empty() {
        manifest::write(&unfinished)?;
        fs::rename(&unfinished, into)?;
        sync_parent(into)?;
    }
    Ok(Copied { engine, violations, read })
}

/// Copies what a city is made of.
fn copy(dir: &DataDir, into: &Path, key: MasterKey) -> Result<(), Failure> {
    let target = DataDir::new(into, None);
    {
        let _lock = keep_still(dir)?;
        make_dir(&target.snapshots())?;
        for entry in fs::read_dir(dir.snapshots())? {
            let name = entry?.file_name();
            if name.to_str().and_then(snapshot_sequence).is_some() {
                copy_file(&dir.snapshots().join(&name), &target.snapshots().join(&name))?;
            }
        }
        File::open(target.snapshots())?.sync_all()?;
        let (from, to) = (FileDisk::existing(dir.journal())?, FileDisk::new(target.journal())?);
        copy_segments(&from, &to)?;
    }
    // Behind the journal: a resident's key is durable before any record needs it.
    let mut files = vec![RESIDENT_KEYS_PATH, ROOTS_PATH, demo::ACCOUNTS_FILE];
    if key == MasterKey::Copied {
        files.push(MASTER_KEY_PATH);
    }
    for file in files {
        let (from, to) = (dir.root().join(file), into.join(file));
        // The master key may be kept elsewhere, and only a demo has accounts in a file.
        if from.try_exists()? {
            let parent = to.parent().ok_or("a file without a directory")?;
            make_dir(parent)?;
            copy_file(&from, &to)?;
            File::open(parent)?.sync_all()?;
        }
    }
    Ok(())
}

/// Keeps others from making and removing snapshots, and so from packing and giving up segments; waits for who is at it.
fn keep_still(dir: &DataDir) -> Result<DirLock, Failure> {
    let mut told = false;
    loop {
        match DirLock::acquire(&dir.snapshots()) {
            Ok(lock) => return Ok(lock),
            Err(JournalError::Locked { .. }) => {
                if !std::mem::replace(&mut told, true) {
                    say("a snapshot is being made; the backup waits for it");
                }
                std::thread::sleep(LOOK_EVERY);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    let named = |error: std::io::Error| format!("copy {} to {}: {error}", from.display(), to.display());
    fs::copy(from, to).map_err(named)?;
    File::open(to).and_then(|file| file.sync_all()).map_err(named)?;
    Ok(())
}

/// Others than the owner have nothing to read there.
fn make_dir(path: &Path) -> Result<(), Failure> {
    match DirBuilder::new().recursive(true).mode(0o700).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(format!("create {}: {error}", path.display()).into())
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What is copied has no name that anybody takes for a backup's before it is whole.
fn unfinished(into: &Path) -> PathBuf {
    let mut name = into.as_os_str().to_owned();
    name.push(".unfinished");
    PathBuf::from(name)
}

fn sync_parent(path: &Path) -> Result<(), Failure> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

fn tell(into: &Path, read: &ReadOnly) -> Result<(), Failure> {
    let moment = jiff::Timestamp::from_millisecond(read.at.get())?;
    writeln!(
        stdout().lock(),
        "{}: the city of journal {} up to record {}, at {moment}; all rules hold. What comes later is not in it",
        into.display(),
        uuid_text(&read.uuid),
        read.last.get(),
    )?;
    Ok(())
}

//! Has a snapshot made every now and then while the city is served: by a process of its own, at the lowest priority, whose memory is
//! given back when it is done. Behind it what is over the journal's limits is given up (`keeping.rs`).

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Failure;
use super::keeping::Keeper;
use super::snapshots::IN_USE;
use crate::domain::clock::Clock;
use crate::journal::JournalHandle;

/// How often it is looked whether something is to be done.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long the journal may take to begin another segment before a snapshot is made of those that are there.
const SEALED_AFTER: Duration = Duration::from_secs(2);

/// Starts the thread that has snapshots made.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(
    data_dir: &Path,
    journal: JournalHandle,
    every_s: u32,
    mut keeper: Keeper,
    clock: &Arc<dyn Clock>,
    is_closing: &Arc<AtomicBool>,
) -> Result<JoinHandle<()>, Failure> {
    let (data_dir, is_closing) = (data_dir.to_owned(), Arc::clone(is_closing));
    let clock = Arc::clone(clock);
    let every = Duration::from_secs(every_s.into());
    Ok(std::thread::Builder::new().name("snapshots".to_owned()).spawn(move || {
        while every > Duration::ZERO && wait(every, &is_closing) {
            journal.seal();
            if wait(SEALED_AFTER, &is_closing) {
                make(&data_dir, &is_closing);
                keeper.look(&data_dir, clock.now());
            }
        }
    })?)
}

/// Waits so long, unless the city closes. Returns whether it stays open.
// ORDERING: Acquire pairs with the Release in `City::close`.
pub(super) fn wait(so_long: Duration, is_closing: &AtomicBool) -> bool {
    let mut waited = Duration::ZERO;
    while waited < so_long && !is_closing.load(Ordering::Acquire) {
        std::thread::sleep(LOOK_EVERY);
        waited += LOOK_EVERY;
    }
    !is_closing.load(Ordering::Acquire)
}

fn make(data_dir: &Path, is_closing: &AtomicBool) {
    match spawn(data_dir).and_then(|maker| watch(maker, is_closing)) {
        Ok(Some(status)) if status.success() => tracing::info!("a snapshot was made"),
        // A backup, most likely. The next one is made of what this one would have had too.
        Ok(Some(status)) if status.code() == Some(IN_USE.into()) => {
            tracing::info!("the snapshots are in use, so none is made now");
        }
        Ok(Some(status)) => tracing::error!(%status, "no snapshot could be made; the next start reads more"),
        Ok(None) => tracing::info!("the city closes, so no snapshot is made"),
        Err(error) => tracing::error!(%error, "no snapshot could be made; the next start reads more"),
    }
}

fn spawn(data_dir: &Path) -> std::io::Result<Child> {
    let program: PathBuf = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.arg("snapshot").arg("--data-dir").arg(data_dir).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn()
}

/// The end of the process, or nothing when it was ended because the city closes: what it wrote so far is of no worth, and does no harm.
fn watch(mut maker: Child, is_closing: &AtomicBool) -> std::io::Result<Option<std::process::ExitStatus>> {
    loop {
        if let Some(status) = maker.try_wait()? {
            return Ok(Some(status));
        }
        if !wait(LOOK_EVERY, is_closing) {
            maker.kill()?;
            maker.wait()?;
            return Ok(None);
        }
    }
}

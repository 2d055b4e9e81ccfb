//! The journal's daily roots: found in the heads of its segments, kept in a file for good, and so published even when the segments are given up.
//!
//! `DIR/roots` has a line for each day: the date, the journal's UUID, the record behind which the root was taken, and the root. Lines are only
//! added. What was published is never replaced: should the journal come to say something else, that is told as a fault.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use data_encoding::HEXLOWER;
use jiff::tz::TimeZone;

use super::Failure;
use super::data_dir::DataDir;
use super::snapshot_maker::wait;
use crate::api::open_data::roots::{PublishedRoot, PublishedRoots};
use crate::domain::calendar::local_day;
use crate::domain::clock::Clock;
use crate::domain::time::LocalDay;
use crate::journal::{FileDisk, JournalHandle, daily_roots, kept, uuid_text};

/// Where they are kept, in a data directory.
pub(super) const ROOTS_PATH: &str = "roots";
/// How often it is looked whether a day's root can be told.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The roots that a file has; none where there is no file.
///
/// # Errors
/// What the system says, or the line that is none.
pub(super) fn read(path: &Path) -> Result<Vec<PublishedRoot>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("read {}: {error}", path.display()).into()),
    };
    let lines = text.lines().enumerate();
    lines
        .map(|(number, line)| {
            parse(line)
                .ok_or_else(|| format!("{}, line {}: no root of a day", path.display(), number + 1).into())
        })
        .collect()
}

fn parse(line: &str) -> Option<PublishedRoot> {
    let mut words = line.split(' ');
    let root = PublishedRoot {
        day: LocalDay::parse(words.next()?)?,
        journal: words.next()?.to_owned(),
        behind: words.next()?.parse().ok()?,
        root: HEXLOWER.decode(words.next()?.as_bytes()).ok()?.try_into().ok()?,
    };
    words.next().is_none().then_some(root)
}

/// Writes the whole file anew: after any crash it is the former or the new one.
fn write(path: &Path, roots: &[PublishedRoot]) -> Result<(), Failure> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    for PublishedRoot { day, journal, behind, root } in roots {
        writeln!(file, "{day} {journal} {behind} {}", HEXLOWER.encode(root))?;
    }
    file.sync_all()?;
    fs::rename(&new, path)?;
    let parent = path.parent().ok_or("a file without a directory")?;
    File::open(parent)?.sync_all()?;
    Ok(())
}

/// Who publishes.
struct Publisher {
    path: PathBuf,
    disk: FileDisk,
    handle: JournalHandle,
    journal: String,
    zone: TimeZone,
    clock: Arc<dyn Clock>,
    roots: Arc<PublishedRoots>,
    /// The segment in use when the others' heads were read: no other has ended since.
    looked_at: u64,
    /// What went wrong was said.
    told: bool,
}

/// Publishes what is in the file, and from a thread of its own each day's root when it can be told, until the city closes.
///
/// # Errors
/// When the file can't be read, or the system gives no thread.
pub(super) fn start(
    dir: &DataDir,
    journal: &JournalHandle,
    zone: TimeZone,
    clock: &Arc<dyn Clock>,
    roots: &Arc<PublishedRoots>,
    is_closing: &Arc<AtomicBool>,
) -> Result<JoinHandle<()>, Failure> {
    let path = dir.root().join(ROOTS_PATH);
    roots.set(read(&path)?);
    let mut publisher = Publisher {
        path,
        disk: FileDisk::existing(dir.journal())?,
        handle: journal.clone(),
        journal: uuid_text(&journal.uuid()),
        zone,
        clock: Arc::clone(clock),
        roots: Arc::clone(roots),
        looked_at: 0,
        told: false,
    };
    let is_closing = Arc::clone(is_closing);
    Ok(std::thread::Builder::new().name("roots".to_owned()).spawn(move || {
        loop {
            publisher.look();
            if !wait(LOOK_EVERY, &is_closing) {
                break;
            }
        }
    })?)
}

impl Publisher {
    fn look(&mut self) {
        match self.publish_what_is_due() {
            Ok(()) => self.told = false,
            Err(error) => {
                if !std::mem::replace(&mut self.told, true) {
                    tracing::error!(%error, "the journal's daily root can't be published; it is tried again");
                }
            }
        }
    }

    fn publish_what_is_due(&mut self) -> Result<(), Failure> {
        let mut published = self.roots.all();
        let last = published.iter().rev().find(|root| root.journal == self.journal).map(|root| root.day);
        let yesterday = local_day(&self.zone, self.clock.now()).plus_days(-1);
        let in_use = self.handle.segments();
        if in_use == self.looked_at || last.is_some_and(|last| last >= yesterday) {
            return Ok(());
        }
        let found = daily_roots(&self.zone, &kept(&self.disk)?.sealed);
        let due = found.into_iter().filter(|root| last.is_none_or(|last| root.day > last));
        let due: Vec<PublishedRoot> = due
            .map(|root| PublishedRoot {
                day: root.day,
                journal: self.journal.clone(),
                behind: root.behind.get(),
                root: root.root,
            })
            .collect();
        let Some(newest) = due.last() else {
            self.looked_at = in_use;
            return Ok(());
        };
        tracing::info!(day = %newest.day, root = HEXLOWER.encode(&newest.root), "the journal's root of the day");
        published.extend(due);
        write(&self.path, &published)?;
        self.roots.set(published);
        self.looked_at = in_use;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(day: i32) -> PublishedRoot {
        PublishedRoot { day: LocalDay::new(day), journal: "u".to_owned(), behind: 7, root: [171; 32] }
    }

    #[test]
    fn what_is_written_is_read_again_and_what_is_none_is_named_by_its_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(ROOTS_PATH);
        assert_eq!(read(&path).expect("none"), []);
        let roots = [root(20_000), root(20_001)];
        write(&path, &roots).expect("written");
        assert_eq!(read(&path).expect("read"), roots);
        let text = fs::read_to_string(&path).expect("text");
        for broken in
            [text.replace(" 7 ", " x "), text.replace("ab\n", "ab ab\n"), text.replace("abab", "ab")]
        {
            fs::write(&path, broken).expect("written");
            let error = read(&path).expect_err("no root").to_string();
            assert!(error.contains("line 1"), "{error}");
        }
    }
}

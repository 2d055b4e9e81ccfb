//! What belongs to a backup: each of its files with length and digest, so that a copy of which something is missing, or into which
//! something else was mixed, is refused before anything is done with it.
//!
//! ```text
//! kaichang backup 1
//! BLAKE3 in hex | length | path from the directory       a line for each file
//! BLAKE3 in hex of all lines before
//! ```
//!
//! Whoever is about to change the directory for the first time asks for the manifest first (`accept`): what is whole is the city's own
//! from then on, and its manifest is gone.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Failure;

pub(super) const MANIFEST: &str = "backup-manifest";
const FIRST_LINE: &str = "kaichang backup 1";
/// Nothing in them may be that the manifest doesn't name.
const WHOLE_DIRS: [&str; 2] = ["journal", "snapshots"];
/// Held by a process, and no part of any copy.
const LOCK: &str = "lock";

/// Why a copy is not what was backed up.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotWhole {
    #[error("the backup's manifest is damaged or of a newer version")]
    Manifest,
    #[error("{0} belongs to the backup and is missing: copy all of it")]
    Missing(String),
    #[error("{0} is not as it was backed up: copy the backup again, or use another one")]
    Different(String),
    #[error("{0} is none of the backup's files: restore into an empty directory, not over another city")]
    Foreign(String),
    #[error("{path} of the backup can't be read")]
    Io { path: String, source: io::Error },
}

/// Writes the manifest of all files below a directory, durably.
pub(super) fn write(dir: &Path) -> Result<(), Failure> {
    let mut lines = format!("{FIRST_LINE}\n");
    for path in files_below(dir)? {
        let shown = path.strip_prefix(dir)?.to_str().ok_or("a name that is no text")?.to_owned();
        let (digest, bytes) = digest(&path)?;
        writeln!(lines, "{digest} {bytes} {shown}")?;
    }
    let sum = blake3::hash(lines.as_bytes()).to_hex();
    writeln!(lines, "{sum}")?;
    let path = dir.join(MANIFEST);
    fs::write(&path, lines)?;
    File::open(path)?.sync_all()?;
    File::open(dir)?.sync_all()?;
    Ok(())
}

/// Where a directory is a backup that nobody has worked with yet: checks it and makes it a city of its own.
pub(super) fn accept(dir: &Path) -> Result<(), Failure> {
    let path = dir.join(MANIFEST);
    let lines = match fs::read_to_string(&path) {
        Ok(lines) => lines,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(NotWhole::Io { path: path.display().to_string(), source }.into()),
    };
    check(dir, &lines)?;
    fs::remove_file(path)?;
    File::open(dir)?.sync_all()?;
    tracing::info!("the backup is whole; it is a city of its own from now on");
    Ok(())
}

fn check(dir: &Path, text: &str) -> Result<(), NotWhole> {
    let mut named = Vec::new();
    for (shown, wanted, bytes) in read(text).ok_or(NotWhole::Manifest)? {
        let path = dir.join(shown);
        match digest(&path) {
            Ok((digest, length)) if digest == wanted && length == bytes => named.push(path),
            Ok(_) => return Err(NotWhole::Different(shown.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(NotWhole::Missing(shown.to_owned()));
            }
            Err(source) => return Err(NotWhole::Io { path: shown.to_owned(), source }),
        }
    }
    for whole in WHOLE_DIRS {
        let there = match files_below(&dir.join(whole)) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(NotWhole::Io { path: whole.to_owned(), source }),
        };
        let foreign = there.into_iter().find(|path| !named.contains(path) && !path.ends_with(LOCK));
        if let Some(foreign) = foreign {
            return Err(NotWhole::Foreign(foreign.display().to_string()));
        }
    }
    Ok(())
}

/// Path, digest and length of each file, when the manifest is whole.
fn read(text: &str) -> Option<Vec<(&str, &str, u64)>> {
    let (lines, sum) = text.trim_end_matches('\n').rsplit_once('\n')?;
    let lines = &text[..=lines.len()];
    if blake3::hash(lines.as_bytes()).to_hex().as_str() != sum {
        return None;
    }
    let mut lines = lines.lines();
    if lines.next()? != FIRST_LINE {
        return None;
    }
    lines
        .map(|line| {
            let (digest, rest) = line.split_once(' ')?;
            let (bytes, path) = rest.split_once(' ')?;
            Some((path, digest, bytes.parse().ok()?))
        })
        .collect()
}

/// All files below a directory, in order of their paths; directories below it too.
fn files_below(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut dirs) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { dirs.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// A file's digest and length.
fn digest(path: &Path) -> io::Result<(String, u64)> {
    let (mut file, mut hasher) = (File::open(path)?, blake3::Hasher::new());
    let (mut piece, mut bytes) = (vec![0; 1 << 18], 0);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((hasher.finalize().to_hex().to_string(), bytes));
        }
        hasher.update(&piece[..read]);
        bytes += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup() -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        for (path, text) in [("journal/one", "1"), ("journal/two", "22"), ("snapshots/three", "333")] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        write(dir.path()).expect("a manifest");
        dir
    }

    #[test]
    fn what_is_whole_is_accepted_once_and_then_the_citys_own() {
        let dir = backup();
        fs::write(dir.path().join("snapshots/lock"), "").expect("written");
        fs::write(dir.path().join("lock"), "").expect("written");
        accept(dir.path()).expect("whole");
        assert!(!dir.path().join(MANIFEST).exists());
        fs::write(dir.path().join("journal/one"), "another").expect("written");
        accept(dir.path()).expect("a city like any other");
    }

    #[test]
    fn what_is_missing_or_changed_or_mixed_in_is_named_and_nothing_is_accepted() {
        type Change = fn(&Path) -> io::Result<()>;
        let changes: [(Change, &str); 6] = [
            (|dir| fs::remove_file(dir.join("journal/two")), "journal/two belongs to the backup"),
            (|dir| fs::remove_dir_all(dir.join("snapshots")), "snapshots/three belongs"),
            (|dir| fs::write(dir.join("journal/one"), "2"), "journal/one is not as it was"),
            (|dir| fs::write(dir.join("journal/two"), "222"), "journal/two is not as it was"),
            (|dir| fs::write(dir.join("journal/four"), ""), "journal/four is none of"),
            (
                |dir| {
                    let text = fs::read_to_string(dir.join(MANIFEST))?;
                    fs::write(dir.join(MANIFEST), text.replacen(" 1 ", " 2 ", 1))
                },
                "manifest is damaged",
            ),
        ];
        for (change, says) in changes {
            let dir = backup();
            change(dir.path()).expect("changed");
            let refused = accept(dir.path()).expect_err(says).to_string();
            assert!(refused.contains(says), "{refused}");
            assert!(dir.path().join(MANIFEST).exists(), "the next start refuses too");
        }
    }
}

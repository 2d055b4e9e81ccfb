//! What a traced server asked of its disk: which of its writes were followed by a successful sync, and which were not.
//!
//! A killed process loses nothing that it wrote, since the system keeps it; a machine without power loses what was not synced. With
//! the trace a test can take that away afterwards (`lose_unsynced`), and so see what a loss of power would have left.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::city::{Ground, empty_dir};
use crate::server::traced;

/// Where a trace is written.
pub(crate) struct DiskTrace {
    dir: TempDir,
}

/// Whose calls are traced and fail.
#[derive(Clone, Copy)]
pub(crate) enum Of<'a> {
    /// Those of a start too, which writes all anew, and of what is prepared.
    AllFiles,
    /// Those of the committer, and one of each start.
    LastSegment(&'a Ground),
}

/// A piece of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    offset: u64,
    bytes: usize,
}

impl DiskTrace {
    pub(crate) fn new() -> Self {
        Self { dir: empty_dir() }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("strace")
    }

    /// The binary under a tracer that makes these calls fail, counted for each thread by itself.
    pub(crate) fn command(&self, of: Of<'_>, inject: Option<&str>) -> Command {
        let file = self.file();
        let mut arguments = vec!["-f", "-qq", "-y", "-s", "0", "-e", "trace=pwrite64,fdatasync", "-o"];
        arguments.push(file.to_str().expect("a path of text"));
        let segment = match of {
            Of::AllFiles => None,
            Of::LastSegment(ground) => Some(ground.last_segment()),
        };
        if let Some(segment) = &segment {
            arguments.extend(["-P", segment.to_str().expect("a path of text")]);
        }
        let inject = inject.map(|inject| format!("inject={inject}"));
        if let Some(inject) = &inject {
            arguments.extend(["-e", inject]);
        }
        traced(&arguments)
    }

    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(self.file()).expect("a trace")
    }

    /// How many calls of this name were made to fail.
    pub(crate) fn injected(&self, call: &str) -> usize {
        let is_it = |line: &&str| line.contains(call) && line.ends_with("(INJECTED)");
        self.text().lines().filter(is_it).count()
    }

    /// How many writes are done.
    pub(crate) fn writes(&self) -> usize {
        self.text()
            .lines()
            .filter(|line| line.contains("pwrite64(") && !line.ends_with("<unfinished ...>"))
            .count()
    }

    /// Puts zeros, which is what stood there before, where segments in use were written and not synced. Says how many bytes that
    /// were.
    pub(crate) fn lose_unsynced(&self) -> usize {
        let mut lost = 0;
        for (path, pieces) in unsynced(&self.text()) {
            let file = OpenOptions::new().write(true).open(&path).expect("a segment");
            for piece in pieces {
                file.write_all_at(&vec![0; piece.bytes], piece.offset).expect("written");
                lost += piece.bytes;
            }
        }
        lost
    }
}

/// The pieces of segments that no successful sync followed.
fn unsynced(trace: &str) -> HashMap<PathBuf, Vec<Piece>> {
    let mut pieces: HashMap<PathBuf, Vec<Piece>> = HashMap::new();
    // What a thread began and another one's call interrupted in the trace.
    let mut begun: HashMap<&str, String> = HashMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let whole = if let Some(beginning) = call.strip_suffix(" <unfinished ...>") {
            // A write may be done though its end is not seen any more; a sync is not.
            begun.insert(thread, beginning.to_owned());
            if let Some((path, piece)) = write_of(beginning) {
                pieces.entry(path).or_default().push(piece);
            }
            continue;
        } else if let Some((_, end)) = call.split_once(" resumed>") {
            begun.remove(thread).unwrap_or_default() + end
        } else {
            call.to_owned()
        };
        if let Some((path, piece)) = write_of(&whole) {
            let known = pieces.entry(path).or_default();
            if !known.contains(&piece) {
                known.push(piece);
            }
        } else if whole.starts_with("fdatasync(")
            && whole.ends_with("= 0")
            && let Some(path) = path_of(&whole)
        {
            pieces.remove(&path);
        }
    }
    pieces.retain(|_, pieces| !pieces.is_empty());
    pieces
}

/// The file and the piece that a write to a segment is about.
fn write_of(call: &str) -> Option<(PathBuf, Piece)> {
    let rest = call.strip_prefix("pwrite64(")?;
    let path = path_of(call)?;
    let arguments = rest.split(')').next()?;
    let mut numbers = arguments.rsplit(", ");
    let offset = numbers.next()?.parse().ok()?;
    let bytes = numbers.next()?.parse().ok()?;
    Some((path, Piece { offset, bytes }))
}

/// The segment that a call is about; other files become segments only when all of them is synced.
fn path_of(call: &str) -> Option<PathBuf> {
    let (_, rest) = call.split_once('<')?;
    let (path, _) = rest.split_once('>')?;
    let path = Path::new(path);
    let name = path.file_name()?.to_str()?;
    name.starts_with("segment-").then(|| path.to_owned())
}

#[test]
fn a_trace_is_read_as_what_was_synced() {
    let trace = r#"7 pwrite64(5</d/rewrite.tmp>, ""..., 4096, 0) = 4096
7 pwrite64(5</d/segment-1.kcj>, ""..., 4096, 8192) = 4096
8 pwrite64(6</d/spare-1.tmp>, ""..., 1048576, 0 <unfinished ...>
7 fdatasync(5</d/segment-1.kcj> <unfinished ...>
8 <... pwrite64 resumed>) = 1048576
7 <... fdatasync resumed>) = 0
7 pwrite64(5</d/segment-1.kcj>, ""..., 8192, 12288 <unfinished ...>
8 fdatasync(6</d/spare-1.tmp>) = 0
7 <... pwrite64 resumed>) = 8192
7 fdatasync(5</d/segment-1.kcj>) = -1 EIO (Input/output error) (INJECTED)
"#;
    let expected =
        HashMap::from([(PathBuf::from("/d/segment-1.kcj"), vec![Piece { offset: 12288, bytes: 8192 }])]);
    assert_eq!(unsynced(trace), expected);
    let unseen = "7 pwrite64(5</d/segment-1.kcj>, \"\"..., 4096, 8192 <unfinished ...>";
    assert_eq!(unsynced(unseen).len(), 1, "written perhaps");
}

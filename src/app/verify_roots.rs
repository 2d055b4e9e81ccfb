//! Whether the journal still comes to the roots that were published of it: those in its directory, and those that somebody kept.
//!
//! The heads of the segments say them, and whoever has read the records has checked the heads against the chain.

use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use serde::Deserialize;

use super::Failure;
use super::data_dir::DataDir;
use super::roots::{self, ROOTS_PATH};
use crate::api::open_data::roots::{PublishedRoot, RootView};
use crate::domain::time::LocalDay;
use crate::journal::{FileDisk, Sealed, kept, uuid_text};

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    pub(super) agree: usize,
    /// Of segments that were given up, or of another journal.
    pub(super) untold: usize,
    pub(super) differences: Vec<String>,
}

/// As the API answers them; of a file that somebody kept.
#[derive(Deserialize)]
struct KeptAnswer {
    items: Vec<RootView>,
}

/// Compares the roots of the directory, and those of a file, with the journal's.
///
/// # Errors
/// What the system says, or what is no root.
pub(super) fn compare(
    dir: &DataDir,
    disk: &FileDisk,
    uuid: &[u8; 16],
    kept_elsewhere: Option<&Path>,
) -> Result<Compared, Failure> {
    let mut published = roots::read(&dir.root().join(ROOTS_PATH))?;
    if let Some(path) = kept_elsewhere {
        published.extend(read_answer(path)?);
    }
    let sealed = if published.is_empty() { Vec::new() } else { kept(disk)?.sealed };
    Ok(judge(&published, &sealed, &uuid_text(uuid)))
}

fn read_answer(path: &Path) -> Result<Vec<PublishedRoot>, Failure> {
    let named = |error: &dyn std::fmt::Display| format!("the roots in {}: {error}", path.display());
    let text = fs::read(path).map_err(|error| named(&error))?;
    let answer: KeptAnswer = serde_json::from_slice(&text).map_err(|error| named(&error))?;
    let root = |view: RootView| {
        Some(PublishedRoot {
            day: LocalDay::parse(&view.date)?,
            journal: view.journal,
            behind: view.sequence,
            root: HEXLOWER.decode(view.root.as_bytes()).ok()?.try_into().ok()?,
        })
    };
    answer
        .items
        .into_iter()
        .map(|view| root(view).ok_or_else(|| named(&"one is no root of a day").into()))
        .collect()
}

fn judge(published: &[PublishedRoot], sealed: &[Sealed], journal: &str) -> Compared {
    let mut compared = Compared::default();
    let first = sealed.first().map_or(u64::MAX, |segment| segment.last.get());
    for root in published {
        let segment = sealed.iter().find(|segment| segment.last.get() == root.behind);
        match segment {
            _ if root.journal != journal => compared.untold += 1,
            None if root.behind < first => compared.untold += 1,
            Some(segment) if segment.link == root.root => compared.agree += 1,
            Some(segment) => compared.differences.push(format!(
                "the root of {} was published as {}, and the journal comes to {}",
                root.day,
                HEXLOWER.encode(&root.root),
                HEXLOWER.encode(&segment.link)
            )),
            None => compared.differences.push(format!(
                "the root of {} was published behind record {}, where the journal has no segment's end",
                root.day, root.behind
            )),
        }
    }
    compared
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::UtcMillis;
    use crate::engine::log::Sequence;

    fn sealed(last: u64, link: u8) -> Sealed {
        let last = Sequence::new(last);
        Sealed { number: 1, bytes: 0, last, last_at: UtcMillis::new(0), link: [link; 32] }
    }

    fn root(behind: u64, root: u8) -> PublishedRoot {
        PublishedRoot { day: LocalDay::new(20_000), journal: "this".to_owned(), behind, root: [root; 32] }
    }

    #[test]
    fn a_journal_that_was_changed_or_cut_comes_to_another_root() {
        let journal = [sealed(500, 1), sealed(900, 2)];
        assert_eq!(
            judge(&[root(500, 1), root(900, 2)], &journal, "this"),
            Compared { agree: 2, ..Compared::default() }
        );
        assert_eq!(judge(&[root(500, 1), root(900, 3)], &journal, "this").differences.len(), 1);
        assert_eq!(judge(&[root(901, 2)], &journal, "this").differences.len(), 1);
        let given_up = judge(&[root(400, 9)], &journal, "this");
        assert_eq!((given_up.untold, given_up.differences.len()), (1, 0));
        assert_eq!(judge(&[root(500, 9)], &journal, "another").untold, 1);
    }
}

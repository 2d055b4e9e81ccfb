//! `kaichang-load reset`: makes a data directory new between runs, from a copy that is kept beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustix::fs::{FlockOperation, flock};

use crate::arguments::ResetArguments;
use crate::server::kaichang::Kaichang;
use crate::workplace::copy_synced;
use crate::{Failure, say};

/// What is in a data directory, and nowhere else: nothing but a city is ever removed.
const LOCK: &str = "lock";
const JOURNAL: &str = "journal";

pub(crate) fn run(arguments: &ResetArguments) -> Result<ExitCode, Failure> {
    let ResetArguments { data_dir, residents, .. } = arguments;
    let kept = arguments.kept.clone().unwrap_or_else(|| beside(data_dir, "kept"));
    if !kept.join(JOURNAL).is_dir() {
        let tokens = arguments.tokens.clone().unwrap_or_else(|| beside(data_dir, "tokens"));
        let program = Kaichang::find(arguments.server.as_deref())?;
        say(&format!("making the demo city with {residents} residents in {}", kept.display()));
        program.make_city(&kept, *residents, &tokens)?;
        say(&format!("their tokens stand in {}", tokens.display()));
    }
    replace(data_dir, &kept)?;
    say(&format!("{} is as {}", data_dir.display(), kept.display()));
    Ok(ExitCode::SUCCESS)
}

/// The same path with an ending more.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    name.into()
}

/// Removes what is there, if it is a city that nobody serves, and copies the kept one into its place.
fn replace(data_dir: &Path, kept: &Path) -> Result<(), Failure> {
    let shown = data_dir.display();
    if data_dir.exists() && fs::read_dir(data_dir)?.next().is_some() {
        if !data_dir.join(JOURNAL).is_dir() {
            return Err(format!("{shown} is no city's data directory, and is left as it is").into());
        }
        let lock = fs::File::open(data_dir.join(LOCK)).map_err(|error| format!("{shown}/{LOCK}: {error}"))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| format!("{shown} is open in a server, and is left as it is"))?;
        fs::remove_dir_all(data_dir)?;
    } else if data_dir.exists() {
        fs::remove_dir(data_dir)?;
    }
    copy_synced(kept, data_dir).map_err(|error| format!("copy {} to {shown}: {error}", kept.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city(path: &Path, record: &str) {
        fs::create_dir_all(path.join(JOURNAL)).expect("made");
        fs::write(path.join(LOCK), "").expect("written");
        fs::write(path.join(JOURNAL).join("1"), record).expect("written");
    }

    #[test]
    fn what_a_run_left_goes_and_the_kept_city_comes() {
        let parent = tempfile::tempdir().expect("a directory");
        let (data_dir, kept) = (parent.path().join("city"), parent.path().join("city.kept"));
        city(&kept, "new");
        for _ in 0..2 {
            replace(&data_dir, &kept).expect("replaced");
            assert_eq!(fs::read_to_string(data_dir.join("journal/1")).expect("read"), "new");
            city(&data_dir, "booked");
        }
        assert_eq!(beside(&data_dir, "kept"), kept);
    }

    #[test]
    fn nothing_but_a_city_is_removed_and_none_that_is_served() {
        let parent = tempfile::tempdir().expect("a directory");
        let (data_dir, kept) = (parent.path().join("city"), parent.path().join("kept"));
        city(&kept, "new");
        fs::create_dir(&data_dir).expect("made");
        fs::write(data_dir.join("letters"), "mine").expect("written");
        let failure = replace(&data_dir, &kept).expect_err("no city");
        assert!(failure.to_string().contains("no city"), "{failure}");
        assert!(data_dir.join("letters").exists());

        fs::remove_file(data_dir.join("letters")).expect("removed");
        city(&data_dir, "served");
        let lock = fs::File::open(data_dir.join(LOCK)).expect("opened");
        flock(&lock, FlockOperation::NonBlockingLockExclusive).expect("nobody has it");
        let failure = replace(&data_dir, &kept).expect_err("it is served");
        assert!(failure.to_string().contains("open in a server"), "{failure}");
        assert_eq!(fs::read_to_string(data_dir.join("journal/1")).expect("read"), "served");
    }
}

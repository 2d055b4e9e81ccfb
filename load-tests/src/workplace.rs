//! Where the harness keeps its data directories: a directory of this run, gone when the run is over.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::{Failure, say};

pub(crate) struct Workplace {
    root: PathBuf,
    is_kept: bool,
}

impl Workplace {
    /// Beside the harness's binary unless told otherwise: a build lies on a disk, `/tmp` often doesn't.
    pub(crate) fn create(named: Option<&Path>) -> Result<Self, Failure> {
        let parent = match named {
            Some(path) => path.to_owned(),
            None => std::env::current_exe()?.with_file_name("kaichang-load.work"),
        };
        let root = parent.join(format!("run-{}", std::process::id()));
        fs::create_dir_all(&root).map_err(|error| format!("make {}: {error}", root.display()))?;
        Ok(Self { root, is_kept: false })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Leaves everything where it is, for whoever looks into a finding.
    pub(crate) fn keep(&mut self) {
        if !self.is_kept {
            self.is_kept = true;
            say(&format!("the data directories stay in {}", self.root.display()));
        }
    }

    /// Leaves a directory under a name of its own, so that the next run can have its place.
    pub(crate) fn set_aside(&mut self, name: &str) -> Result<(), Failure> {
        let aside = (1..).map(|number| self.path(&format!("{name}.finding-{number}")));
        let free = aside.into_iter().find(|path| !path.exists()).ok_or("no name is free")?;
        fs::rename(self.path(name), free)?;
        self.keep();
        Ok(())
    }

    /// A copy of a directory under another name. It is synced, so that the disk has nothing left to do for it when the server
    /// that is measured begins to sync.
    pub(crate) fn copy(&self, from: &str, to: &str) -> Result<PathBuf, Failure> {
        let (from, to) = (self.path(from), self.path(to));
        copy_synced(&from, &to).map_err(|error| format!("copy {}: {error}", from.display()))?;
        Ok(to)
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), Failure> {
        fs::remove_dir_all(self.path(name))?;
        Ok(())
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let _ = fs::remove_dir_all(&self.root);
        // The directory above goes with the last run in it.
        if let Some(parent) = self.root.parent() {
            let _ = fs::remove_dir(parent);
        }
    }
}

pub(crate) fn copy_synced(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_synced(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    File::open(to)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_copy_has_every_file_and_its_mode_and_nothing_stays_behind() {
        let parent = tempfile::tempdir().expect("a directory");
        let place = Workplace::create(Some(parent.path())).expect("a workplace");
        let from = place.path("from");
        fs::create_dir_all(from.join("keys")).expect("made");
        fs::write(from.join("keys/master"), b"secret").expect("written");
        fs::set_permissions(from.join("keys/master"), fs::Permissions::from_mode(0o600)).expect("set");
        fs::write(from.join("lock"), b"").expect("written");

        let to = place.copy("from", "to").expect("copied");
        assert_eq!(fs::read(to.join("keys/master")).expect("read"), b"secret");
        assert_eq!(fs::metadata(to.join("keys/master")).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(to.join("lock").is_file());
        place.copy("from", "to").expect_err("a copy goes to a place of its own");

        let root = place.root().to_owned();
        drop(place);
        assert!(!root.exists());
    }

    #[test]
    fn what_was_found_stays_to_be_looked_at() {
        let parent = tempfile::tempdir().expect("a directory");
        let mut place = Workplace::create(Some(parent.path())).expect("a workplace");
        for _ in 0..2 {
            fs::create_dir(place.path("city")).expect("made");
            place.set_aside("city").expect("moved");
        }
        let root = place.root().to_owned();
        drop(place);
        assert!(root.join("city.finding-1").is_dir() && root.join("city.finding-2").is_dir());
        assert!(!root.join("city").exists(), "the next run can have its place");
    }
}

//! A small disk of a test's own that can be filled to the last byte: a file system in memory that is mounted where nobody else sees
//! it, and goes with the process that holds it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::city::{Ground, empty_dir};
use crate::server::{kaichang, serve};
use crate::snapshots::closed;

/// Where containers without the right to mount have a small disk of their own.
const SHARED_MEMORY: &str = "/dev/shm";
/// A larger one is the machine's memory, which is nobody's to fill.
const SHARED_MEMORY_MAX: u64 = 256 << 20;
const FILLER: &str = "kaichang-filler";
const PIECE: usize = 64 * 1024;

/// Who fills it has it alone, where it is the only one.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub(crate) struct SmallDisk {
    path: PathBuf,
    holder: Option<Child>,
    _alone: MutexGuard<'static, ()>,
}

impl SmallDisk {
    /// A disk of so many mebibytes, or one of another size that is there for the filling.
    ///
    /// # Panics
    /// Where there is none: to pass without filling a disk would say what isn't so.
    pub(crate) fn new(mebibytes: u32) -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        // The superuser may mount for himself; others, and he in some containers, as the superuser of a world of their own.
        let mounted = ["-m", "-Urm"].iter().find_map(|apart| mount(apart, mebibytes));
        if let Some((holder, path)) = mounted {
            return Self { path, holder: Some(holder), _alone: alone };
        }
        let path = PathBuf::from(SHARED_MEMORY);
        let bytes = bytes_of(&path).unwrap_or(u64::MAX);
        assert!(
            bytes <= SHARED_MEMORY_MAX,
            "this test fills a disk of its own: it needs the right to mount one (root with CAP_SYS_ADMIN, or user namespaces), or a \
             {SHARED_MEMORY} of at most {SHARED_MEMORY_MAX} bytes"
        );
        Self { path, holder: None, _alone: alone }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes are free.
    pub(crate) fn free(&self) -> u64 {
        let said = rustix::fs::statvfs(&self.path).expect("a disk");
        said.f_bavail * said.f_frsize
    }

    /// Fills it until so many bytes are left, or as near to that as blocks come.
    pub(crate) fn fill_to(&self, left: u64) {
        let file = OpenOptions::new().append(true).create(true).open(self.filler());
        let mut file = file.expect("a file");
        while self.free() > left {
            let piece = usize::try_from(self.free() - left).unwrap_or(PIECE).min(PIECE);
            match file.write(&vec![b'x'; piece]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) {
        self.fill_to(0);
    }

    /// Gives so many bytes of what fills it free, or all.
    pub(crate) fn free_up(&self, bytes: Option<u64>) {
        let file = File::options().write(true).open(self.filler()).expect("what fills it");
        let length = file.metadata().expect("its length").len();
        file.set_len(length.saturating_sub(bytes.unwrap_or(length))).expect("shorter");
    }

    fn filler(&self) -> PathBuf {
        self.path.join(FILLER)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Absent when nothing was filled.
        let _ = std::fs::remove_file(self.filler());
        if let Some(holder) = &mut self.holder {
            let _ = holder.kill();
            let _ = holder.wait();
        }
    }
}

fn bytes_of(path: &Path) -> Option<u64> {
    let said = rustix::fs::statvfs(path).ok()?;
    Some(said.f_blocks * said.f_frsize)
}

/// A process that sees a disk where others see an empty directory; others reach it through that process.
fn mount(apart: &str, mebibytes: u32) -> Option<(Child, PathBuf)> {
    let dir = empty_dir();
    let script = format!(
        "mount -t tmpfs -o size={mebibytes}m,mode=0700 tmpfs '{}' && echo mounted && exec sleep 3600",
        dir.path().display()
    );
    let mut command = Command::new("unshare");
    command.args([apart, "sh", "-c", &script]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut holder = command.stderr(Stdio::null()).spawn().ok()?;
    let mut said = String::new();
    let _ = BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut said);
    let path = PathBuf::from(format!("/proc/{}/root{}", holder.id(), dir.path().display()));
    if said.trim() == "mounted" && bytes_of(&path) == Some(u64::from(mebibytes) << 20) {
        // The directory's name is the mount's too, and goes when the mount's holder has gone.
        let _ = dir.keep();
        return Some((holder, path));
    }
    let _ = holder.kill();
    let _ = holder.wait();
    None
}

/// A city whose journal goes on in segments of a mebibyte, so that a small disk has room for several.
pub(crate) fn with_short_segments() -> Ground {
    let ground = Ground::demo();
    let command = in_short_segments(&ground, &[]);
    let city = ground.open_with(command);
    let (resident, slot) = (city.resident(), city.free_court(1));
    let _ = city.booked(&resident, &slot);
    closed(city)
}

/// `serve` with short segments.
pub(crate) fn in_short_segments(ground: &Ground, arguments: &[&str]) -> Command {
    let mut command = serve(kaichang(), ground.path());
    command.args(["--segment-size", "1M"]).args(arguments);
    command
}

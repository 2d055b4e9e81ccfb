//! Segments made ready before they are needed: zero-filled in full and synced, so that a commit never waits for the file
//! system to find room, and a lack of room is known a whole segment ahead.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::disk::{Disk, DiskFile, write_all};
use super::error::JournalError;
use super::layout::spare_name;

/// How long the preparing thread waits after a failure before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Between two pieces, while nobody waits: a segment of 64 MiB takes about half a second, and lasts for several at least.
const PAUSE: Duration = Duration::from_millis(5);

static ZEROS: [u8; 1024 * 1024] = [0; 1024 * 1024];

/// A file of a segment's length that nothing refers to yet.
pub(super) struct Spare<F> {
    pub name: String,
    pub file: F,
    pub bytes: u64,
}

/// Whether a spare that is not ready is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    UntilReady,
    /// Commits would be held up by it, and there is no hurry.
    No,
}

/// Where the next segment comes from.
pub(super) struct Spares<D: Disk> {
    disk: Arc<D>,
    bytes: u64,
    count: u64,
    /// Used before new ones are made.
    recycled: Vec<Spare<D::File>>,
    background: Option<Background<D>>,
}

impl<D: Disk> Spares<D> {
    pub(super) fn new(disk: Arc<D>, bytes: u64) -> Self {
        Self { disk, bytes, count: 0, recycled: Vec::new(), background: None }
    }

    /// From now on a thread of its own keeps one spare ready.
    pub(super) fn prepare_in_background(&mut self) -> Result<(), JournalError> {
        self.background = Some(Background::spawn(Arc::clone(&self.disk), self.bytes)?);
        Ok(())
    }

    /// A spare, or nothing when none is ready and it is not to be waited for. It is the caller's: whoever can't use it now
    /// gives it back.
    pub(super) fn take(&mut self, wait: Wait) -> io::Result<Option<Spare<D::File>>> {
        if let Some(spare) = self.recycled.pop() {
            return Ok(Some(spare));
        }
        if let Some(background) = &self.background {
            return background.take(wait);
        }
        self.count += 1;
        prepare(&*self.disk, spare_name(self.count), self.bytes, |_| Ok(())).map(Some)
    }

    pub(super) fn give_back(&mut self, spare: Spare<D::File>) {
        self.recycled.push(spare);
    }

    /// Makes a segment that is not needed any more the next spare: its blocks are on the disk already. What stands in it
    /// can't be taken for frames of its next life, which has a salt of its own.
    #[cfg_attr(not(test), expect(dead_code, reason = "nothing ends segments yet; the tests recycle"))]
    pub(super) fn recycle(&mut self, segment: &str) -> Result<(), JournalError> {
        self.count += 1;
        // Apart from the preparing thread's names.
        let name = spare_name(u64::MAX - self.count);
        let disk = &self.disk;
        disk.rename(segment, &name).map_err(JournalError::io("rename", segment))?;
        disk.sync_dir().map_err(JournalError::io("sync the directory of", segment))?;
        let file = disk.open(&name).map_err(JournalError::io("open", &name))?;
        let bytes = file.bytes().map_err(JournalError::io("find the length of", &name))?;
        self.recycled.push(Spare { name, file, bytes });
        Ok(())
    }
}

/// Makes a file of zeros and makes it durable; a file that could not be finished is removed again. `between` is called
/// after each piece.
fn prepare<D: Disk>(
    disk: &D,
    name: String,
    bytes: u64,
    mut between: impl FnMut(&D::File) -> io::Result<()>,
) -> io::Result<Spare<D::File>> {
    match disk.remove(&name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let file = disk.create(&name)?;
    let mut fill = || {
        let mut offset = 0;
        while offset < bytes {
            let end = bytes.min(offset + ZEROS.len() as u64);
            fill_with_zeros(&file, offset, end)?;
            between(&file)?;
            offset = end;
        }
        file.sync_data()?;
        disk.sync_dir()
    };
    match fill() {
        Ok(()) => Ok(Spare { name, file, bytes }),
        Err(error) => {
            // A left-over would hold the room that is lacking; if it stays, the next start removes it.
            let _ = disk.remove(&name);
            Err(error)
        }
    }
}

/// Fills a file from one offset to another.
pub(super) fn fill_with_zeros(file: &impl DiskFile, from: u64, to: u64) -> io::Result<()> {
    let mut offset = from;
    while offset < to {
        let part = ZEROS.len().min(super::layout::index(to - offset));
        write_all(file, &ZEROS[..part], offset)?;
        offset += part as u64;
    }
    Ok(())
}

/// The preparing thread, and the place where it puts what is ready.
struct Background<D: Disk> {
    slot: Arc<Slot<D::File>>,
    thread: Option<JoinHandle<()>>,
}

struct Slot<F> {
    // A plain lock: the committer takes it once a segment, the preparing thread once a spare.
    state: Mutex<SlotState<F>>,
    changed: Condvar,
}

struct SlotState<F> {
    ready: Option<Spare<F>>,
    /// Why the last attempt failed; a new one follows by itself.
    failed: Option<(io::ErrorKind, Option<i32>)>,
    /// The committer waits for it.
    awaited: bool,
    closing: bool,
}

impl<F> Slot<F> {
    fn lock(&self) -> MutexGuard<'_, SlotState<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Disk> Background<D> {
    fn spawn(disk: Arc<D>, bytes: u64) -> Result<Self, JournalError> {
        let slot = Arc::new(Slot {
            state: Mutex::new(SlotState { ready: None, failed: None, awaited: false, closing: false }),
            changed: Condvar::new(),
        });
        let thread = {
            let slot = Arc::clone(&slot);
            std::thread::Builder::new()
                .name("journal-spare".to_owned())
                .spawn(move || keep_one_ready(&*disk, &slot, bytes))
                .map_err(|source| JournalError::System { what: "thread", source })?
        };
        Ok(Self { slot, thread: Some(thread) })
    }

    /// Waits while one is being made; says at once that the last attempt failed.
    fn take(&self, wait: Wait) -> io::Result<Option<Spare<D::File>>> {
        let mut state = self.slot.lock();
        loop {
            if let Some(spare) = state.ready.take() {
                state.awaited = false;
                self.slot.changed.notify_all();
                return Ok(Some(spare));
            }
            if let Some((kind, raw)) = state.failed {
                return Err(raw.map_or_else(|| kind.into(), io::Error::from_raw_os_error));
            }
            if wait == Wait::No {
                return Ok(None);
            }
            state.awaited = true;
            self.slot.changed.notify_all();
            state = self.slot.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<D: Disk> Drop for Background<D> {
    fn drop(&mut self) {
        self.slot.lock().closing = true;
        self.slot.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its thread; here it only means that there is no spare.
            let _ = thread.join();
        }
    }
}

fn keep_one_ready<D: Disk>(disk: &D, slot: &Slot<D::File>, bytes: u64) {
    let mut count = 0;
    loop {
        let mut state = slot.lock();
        while state.ready.is_some() && !state.closing {
            state = slot.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closing {
            return;
        }
        drop(state);
        count += 1;
        // In small synced pieces with pauses between them: a whole segment at once would hold up the committer's syncs.
        let prepared = prepare(disk, spare_name(count), bytes, |file| {
            file.sync_data()?;
            let state = slot.lock();
            if !state.awaited && !state.closing {
                drop(slot.changed.wait_timeout(state, PAUSE).unwrap_or_else(PoisonError::into_inner));
            }
            Ok(())
        });
        let mut state = slot.lock();
        match prepared {
            Ok(spare) => {
                state.ready = Some(spare);
                state.failed = None;
                slot.changed.notify_all();
            }
            Err(error) => {
                tracing::warn!(%error, "the next journal segment could not be prepared");
                state.failed = Some((error.kind(), error.raw_os_error()));
                slot.changed.notify_all();
                if !state.closing {
                    let waited = slot.changed.wait_timeout(state, RETRY_AFTER);
                    drop(waited.unwrap_or_else(PoisonError::into_inner));
                }
            }
        }
    }
}

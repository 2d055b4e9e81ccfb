//! A disk in memory that forgets what was not synced, and fails when told to.
//!
//! After a crash any subset of the unsynced writes of sectors and of the unsynced changes of names may have reached the
//! medium: where a sector was written twice without a sync, the first may be there.
//! What a failed sync covered stays in doubt for ever: a later sync that succeeds says nothing about it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaichang::journal::disk::{Disk, DiskFile};

pub(crate) const SECTOR: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This call and all after it do nothing and fail.
    PowerLoss,
    /// This call fails; a write or a sync may have had part of its effect.
    Error(io::ErrorKind),
    /// A write stops half-way and says so.
    ShortWrite,
}

/// Which calls fail, counted over all calls that change something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) fault: Fault,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

#[derive(Clone, Default)]
pub(crate) struct SimDisk(Arc<Mutex<State>>);

pub(crate) struct SimFile {
    disk: SimDisk,
    inode: usize,
}

#[derive(Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    unsynced_names: Vec<NameChange>,
    calls: u64,
    plans: Vec<Plan>,
    dead: bool,
}

#[derive(Default, Clone)]
struct Inode {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<SectorWrite>,
    in_doubt: Vec<SectorWrite>,
    writes: usize,
}

/// A sector as one write left it.
#[derive(Clone)]
struct SectorWrite {
    write: usize,
    sector: usize,
    content: Vec<u8>,
}

#[derive(Clone)]
enum NameChange {
    Set(String, usize),
    Move(String, String, usize),
    Remove(String),
}

impl SimDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_plans(&self, plans: &[Plan]) {
        let mut state = self.state();
        state.plans = plans.to_vec();
        state.calls = 0;
    }

    /// How many calls that change something were made since the plans were set.
    pub(crate) fn calls(&self) -> u64 {
        self.state().calls
    }

    /// How many choices a crash has now, with sectors of this size.
    pub(crate) fn choices(&self, sector: usize) -> usize {
        let state = self.state();
        let sectors: usize = state.inodes.iter().map(|inode| inode.choices(sector)).sum();
        sectors + state.unsynced_names.len()
    }

    /// The disk after the power failed and came back; `keep` says of each unsynced thing whether it had reached the medium.
    pub(crate) fn crashed(&self, sector: usize, mut keep: impl FnMut(usize) -> bool) -> Self {
        let state = self.state();
        let mut choice = 0;
        let mut next = || {
            choice += 1;
            keep(choice - 1)
        };
        let mut names = state.durable_names.clone();
        for change in &state.unsynced_names {
            if next() {
                change.apply(&mut names);
            }
        }
        let inodes = state
            .inodes
            .iter()
            .map(|inode| {
                let mut medium = inode.durable.clone();
                let mut last = None;
                for one in inode.in_doubt.iter().chain(&inode.unsynced) {
                    // The sectors that one write put into a larger sector share their fate.
                    let group = (one.write, one.sector * SECTOR / sector);
                    let kept = match last {
                        Some((before, kept)) if before == group => kept,
                        _ => next(),
                    };
                    last = Some((group, kept));
                    if kept {
                        one.apply(&mut medium);
                    }
                }
                Inode { seen: medium.clone(), durable: medium, ..Inode::default() }
            })
            .collect();
        let state = State { inodes, names: names.clone(), durable_names: names, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// A copy on which nothing is unsynced.
    pub(crate) fn copied(&self) -> Self {
        self.crashed(SECTOR, |_| true)
    }

    pub(crate) fn content(&self, name: &str) -> Vec<u8> {
        let state = self.state();
        state.names.get(name).map(|&inode| state.inodes[inode].seen.clone()).unwrap_or_default()
    }

    pub(crate) fn set_content(&self, name: &str, content: Vec<u8>) {
        let mut state = self.state();
        let inode = state.names[name];
        state.inodes[inode] = Inode { seen: content.clone(), durable: content, ..Inode::default() };
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.state().names.keys().cloned().collect()
    }

    pub(crate) fn forget(&self, name: &str) {
        let mut state = self.state();
        state.names.remove(name);
        state.durable_names.remove(name);
    }
}

impl Inode {
    /// How many groups of sectors, each of one write, are unsynced or in doubt.
    fn choices(&self, sector: usize) -> usize {
        let mut groups: Vec<_> = self
            .in_doubt
            .iter()
            .chain(&self.unsynced)
            .map(|one| (one.write, one.sector * SECTOR / sector))
            .collect();
        groups.dedup();
        groups.len()
    }

    fn write(&mut self, from: &[u8], offset: usize) {
        let end = offset + from.len();
        if self.seen.len() < end {
            self.seen.resize(end, 0);
        }
        self.seen[offset..end].copy_from_slice(from);
        self.writes += 1;
        for sector in offset / SECTOR..end.div_ceil(SECTOR) {
            let content = self.seen[sector * SECTOR..((sector + 1) * SECTOR).min(self.seen.len())].to_vec();
            self.unsynced.push(SectorWrite { write: self.writes, sector, content });
        }
    }

    fn sync(&mut self) {
        for one in std::mem::take(&mut self.unsynced) {
            one.apply(&mut self.durable);
            self.in_doubt.retain(|doubtful| doubtful.sector != one.sector);
        }
    }
}

impl SectorWrite {
    fn apply(&self, medium: &mut Vec<u8>) {
        let (from, to) = (self.sector * SECTOR, self.sector * SECTOR + self.content.len());
        if medium.len() < to {
            medium.resize(to, 0);
        }
        medium[from..to].copy_from_slice(&self.content);
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Set(name, inode) => {
                names.insert(name.clone(), *inode);
            }
            Self::Move(from, to, inode) => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

impl State {
    /// Counts a call that changes something; the fault that it meets, if any.
    fn call(&mut self) -> io::Result<Option<Fault>> {
        if self.dead {
            return Err(io::Error::other("the power has failed"));
        }
        let call = self.calls;
        self.calls += 1;
        match self.plans.iter().find(|plan| (plan.from..plan.to).contains(&call)) {
            Some(plan) => match plan.fault {
                Fault::PowerLoss => {
                    self.dead = true;
                    Err(io::Error::other("the power has failed"))
                }
                fault @ (Fault::Error(_) | Fault::ShortWrite) => Ok(Some(fault)),
            },
            None => Ok(None),
        }
    }

    fn plain_call(&mut self) -> io::Result<()> {
        match self.call()? {
            Some(Fault::Error(kind)) => Err(kind.into()),
            _ => Ok(()),
        }
    }

    fn change_name(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for SimDisk {
    type File = SimFile;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.names())
    }

    fn open(&self, name: &str) -> io::Result<SimFile> {
        let inode = self.state().find(name)?;
        Ok(SimFile { disk: self.clone(), inode })
    }

    fn create(&self, name: &str) -> io::Result<SimFile> {
        let mut state = self.state();
        state.plain_call()?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = state.inodes.len();
        state.inodes.push(Inode::default());
        state.change_name(NameChange::Set(name.to_owned(), inode));
        Ok(SimFile { disk: self.clone(), inode })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        state.plain_call()?;
        let inode = state.find(from)?;
        state.change_name(NameChange::Move(from.to_owned(), to.to_owned(), inode));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        state.find(name)?;
        state.plain_call()?;
        state.change_name(NameChange::Remove(name.to_owned()));
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut state = self.state();
        state.plain_call()?;
        state.durable_names = state.names.clone();
        state.unsynced_names.clear();
        Ok(())
    }
}

impl DiskFile for SimFile {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.disk.state().inodes[self.inode].seen.len() as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.state();
        let seen = &state.inodes[self.inode].seen;
        let from = usize::try_from(offset).expect("small").min(seen.len());
        let length = into.len().min(seen.len() - from);
        into[..length].copy_from_slice(&seen[from..from + length]);
        Ok(length)
    }

    fn write_at(&self, from: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.state();
        let fault = state.call();
        let offset = usize::try_from(offset).expect("small");
        let inode = &mut state.inodes[self.inode];
        match fault {
            Ok(None) => {
                inode.write(from, offset);
                Ok(from.len())
            }
            Ok(Some(Fault::ShortWrite)) => {
                let half = from.len().div_ceil(2);
                inode.write(&from[..half], offset);
                Ok(half)
            }
            Ok(Some(Fault::Error(kind))) => {
                // All but the end may have been written when the call failed.
                inode.write(&from[..from.len() - from.len() / 4], offset);
                Err(kind.into())
            }
            // The write under way when the power fails may have reached the medium, whole or in part.
            Ok(Some(Fault::PowerLoss)) | Err(_) => {
                inode.write(from, offset);
                Err(io::Error::other("the power has failed"))
            }
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        let fault = state.call()?;
        let inode = &mut state.inodes[self.inode];
        if let Some(Fault::Error(kind)) = fault {
            let lost = std::mem::take(&mut inode.unsynced);
            inode.in_doubt.extend(lost);
            return Err(kind.into());
        }
        inode.sync();
        Ok(())
    }
}

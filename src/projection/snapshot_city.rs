//! The city of a snapshot, for tables that begin behind it: what a start would begin with, read by the same code.

use std::collections::{HashMap, HashSet};

use super::books::Books;
use super::uploaded::FilledFrom;
use crate::domain::event::Role;
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::Engine;
use crate::engine::audit_log::{AuditEntry, Subject};
use crate::engine::replay::Replay;
use crate::engine::snapshot::{Loader, Section};
use crate::journal::disk::Disk;
use crate::journal::{Position, SnapshotError, read_snapshot};

/// What a snapshot holds.
pub(super) struct SnapshotCity {
    pub(super) engine: Engine,
    pub(super) books: Books,
    pub(super) position: Position,
    /// The rows of the events that made the catalogue; the first is the city's founding.
    catalogue: Vec<u8>,
    pub(super) acts: Acts,
}

/// What the staff's log knows of bookings and accounts that they themselves don't say any more.
#[derive(Default)]
pub(super) struct Acts {
    /// Who let somebody in.
    pub(super) checked_in: HashMap<BookingNo, ResidentNo>,
    pub(super) moved: HashMap<BookingNo, UtcMillis>,
    pub(super) cancelled: HashSet<BookingNo>,
    /// When rights were taken away, and which.
    pub(super) disabled: HashMap<ResidentNo, (UtcMillis, Option<Role>)>,
}

impl Acts {
    fn of(engine: &Engine) -> Self {
        let mut acts = Self::default();
        // The oldest first: of two moves the later counts.
        for entry in engine.audit_log().page(None, None, usize::MAX).iter().rev() {
            acts.note(entry);
        }
        acts
    }

    fn note(&mut self, entry: &AuditEntry) {
        match (&*entry.what, &entry.subject) {
            ("booking_checked_in", Subject::Booking(no)) => {
                self.checked_in.insert(*no, entry.by);
            }
            ("booking_moved", Subject::Booking(no)) => {
                self.moved.insert(*no, entry.at);
            }
            ("booking_cancelled", Subject::Booking(no)) => {
                self.cancelled.insert(*no);
            }
            ("account_disabled", Subject::Account(no)) => {
                let role = entry.before.get("role").cloned();
                let role = role.and_then(|role| serde_json::from_value(role).ok());
                self.disabled.entry(*no).or_insert((entry.at, role));
            }
            _ => {}
        }
    }
}

/// A snapshot that was read whole.
struct ReadWhole {
    replay: Replay,
    position: Position,
    catalogue: Vec<u8>,
}

fn read_whole<D: Disk>(disk: &D, name: &str) -> Result<ReadWhole, SnapshotError> {
    let unusable = |source| SnapshotError::Unusable { file: name.to_owned(), source };
    let mut loader = Loader::default();
    let mut catalogue = Vec::new();
    let head = read_snapshot(disk, name, |tag, piece| {
        if tag == Section::Catalogue.tag() {
            catalogue = piece.to_vec();
        }
        loader.take(tag, piece)
    })?;
    let position = Position::decode(&head).map_err(|error| unusable(error.into()))?;
    let loaded = loader.finish().map_err(|error| unusable(error.into()))?;
    Ok(ReadWhole { replay: Replay::behind(loaded, position.at()), position, catalogue })
}

/// The first and the last day that are open.
fn open_days(engine: &Engine) -> (Option<LocalDay>, Option<LocalDay>) {
    let world = engine.world();
    let last = world.days.last();
    (last.map(|_| world.days.first()), last)
}

impl SnapshotCity {
    /// Reads a snapshot whole.
    ///
    /// # Errors
    /// Why it can't be used.
    pub(super) fn read<D: Disk>(disk: &D, name: &str) -> Result<Self, SnapshotError> {
        let ReadWhole { replay, position, catalogue } = read_whole(disk, name)?;
        let unusable = |source| SnapshotError::Unusable { file: name.to_owned(), source };
        let engine = replay.finish().map_err(|error| unusable(error.into()))?;
        let (first, last) = open_days(&engine);
        let books = Books::behind_snapshot(&catalogue, first, last);
        let books = books.map_err(|error| unusable(error.into()))?;
        let acts = Acts::of(&engine);
        Ok(Self { engine, books, position, catalogue, acts })
    }

    /// What tables say that begin behind it.
    pub(super) fn filled_from(&self) -> FilledFrom {
        let (first_open, last_open) = open_days(&self.engine);
        let (position, catalogue) = (self.position.clone(), self.catalogue.clone());
        FilledFrom { position, catalogue, first_open, last_open }
    }

    /// When the city was founded.
    pub(super) fn founded_at(&self) -> UtcMillis {
        UtcMillis::new(self.catalogue.first_chunk().map_or(0, |at| i64::from_le_bytes(*at)))
    }

    /// A replay that goes on from a snapshot.
    ///
    /// # Errors
    /// Why it can't be used.
    pub(super) fn replay<D: Disk>(disk: &D, name: &str) -> Result<Replay, SnapshotError> {
        Ok(read_whole(disk, name)?.replay)
    }
}

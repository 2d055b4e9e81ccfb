//! The snapshot that tables were filled from, as Postgres keeps it: the file's own bytes, and where in the journal it stands.
//!
//! What stands there is told by a column of its own and not by the file's head, because a city that is rebuilt goes on with the same
//! records under another name.

use std::io;
use std::sync::Arc;

use super::books::{Books, Unfit};
use super::copy::{Fields, NotRows, Rows};
use super::database::Link;
use super::fault::{Fault, Refusal};
use super::snapshot_city::SnapshotCity;
use super::tables::{FILLED_FROM, SNAPSHOT_PIECE};
use crate::domain::time::LocalDay;
use crate::engine::log::Sequence;
use crate::engine::replay::Replay;
use crate::journal::disk::{Disk, DiskFile};
use crate::journal::{Position, SnapshotError, read_snapshot};

/// How much of the file stands in a row.
pub(super) const PIECE_BYTES: usize = 1 << 20;
/// By what messages call it.
const NAME: &str = "the snapshot in Postgres";

/// Where tables begin that were filled from a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilledFrom {
    pub(super) position: Position,
    /// The rows of the events that had made the catalogue by then.
    pub(super) catalogue: Vec<u8>,
    /// The first and the last day that were open then.
    pub(super) first_open: Option<LocalDay>,
    pub(super) last_open: Option<LocalDay>,
}

impl FilledFrom {
    /// What the tables say, or nothing where they tell everything from the first record on.
    pub(super) async fn read(link: &mut Link) -> Result<Option<Self>, Fault> {
        let mut found = None;
        link.copy_out(&FILLED_FROM.copy_out(""), |row| {
            let mut fields = Fields::of(row);
            fields.int8()?;
            fields.time()?;
            let position = Position::decode(fields.bytes()?.ok_or(NotRows)?);
            let catalogue = fields.bytes()?.ok_or(NotRows)?.to_vec();
            let (first, last) = (fields.maybe_date()?, fields.maybe_date()?);
            found = Some(position.map(|position| Self {
                position,
                catalogue,
                first_open: first.map(LocalDay::new),
                last_open: last.map(LocalDay::new),
            }));
            Ok(())
        })
        .await?;
        Ok(found.transpose().map_err(|error| Refusal::Snapshot(error.to_string()))?)
    }

    /// Says that the tables begin behind a snapshot.
    pub(super) async fn write(&self, link: &mut Link) -> Result<(), Fault> {
        let mut bytes = Vec::new();
        self.position.encode(&mut bytes);
        let mut rows = Rows::default();
        rows.row(FILLED_FROM.width())
            .int8(self.sequence().get().cast_signed())
            .time(self.position.at().get())
            .blob(&bytes)
            .blob(&self.catalogue)
            .maybe(self.first_open, |rows, day| rows.date(day.get()))
            .maybe(self.last_open, |rows, day| rows.date(day.get()));
        link.run("DELETE FROM filled_from").await?;
        link.copy_in(FILLED_FROM, &rows).await
    }

    /// The books as they stood there.
    pub(super) fn books(&self) -> Result<Books, Unfit> {
        Books::behind_snapshot(&self.catalogue, self.first_open, self.last_open)
    }

    /// The last record that the snapshot has.
    pub(super) const fn sequence(&self) -> Sequence {
        self.position.last()
    }
}

/// A snapshot's bytes in memory.
pub struct UploadedSnapshot {
    position: Position,
    bytes: Arc<[u8]>,
}

impl UploadedSnapshot {
    /// The one that the tables were filled from.
    pub(super) async fn read(link: &mut Link, filled: &FilledFrom) -> Result<Self, Fault> {
        let mut bytes = Vec::new();
        link.copy_out(&SNAPSHOT_PIECE.copy_out("ORDER BY piece_no"), |row| {
            let mut fields = Fields::of(row);
            fields.int4()?;
            bytes.extend_from_slice(fields.bytes()?.ok_or(NotRows)?);
            Ok(())
        })
        .await?;
        Ok(Self { position: filled.position.clone(), bytes: bytes.into() })
    }

    /// Where it stands in the journal.
    #[must_use]
    pub const fn position(&self) -> &Position {
        &self.position
    }

    /// Gives each of its pieces, checked; what was taken counts only when this succeeds.
    ///
    /// # Errors
    /// Why it can't be read, or what the taker says.
    pub fn pieces<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        &self,
        take: impl FnMut(u32, &[u8]) -> Result<(), E>,
    ) -> Result<(), SnapshotError> {
        read_snapshot(&InMemory(Arc::clone(&self.bytes)), NAME, take).map(|_| ())
    }

    /// The city that it holds.
    pub(super) fn city(&self) -> Result<SnapshotCity, Refusal> {
        let mut city = SnapshotCity::read(&InMemory(Arc::clone(&self.bytes)), NAME).map_err(refused)?;
        if city.position.last() != self.position.last() || city.position.chain() != self.position.chain() {
            return Err(Refusal::Snapshot("it is of another moment than the tables say".to_owned()));
        }
        city.position = self.position.clone();
        Ok(city)
    }

    /// A replay that goes on from it.
    pub(super) fn replay(&self) -> Result<Replay, Refusal> {
        SnapshotCity::replay(&InMemory(Arc::clone(&self.bytes)), NAME).map_err(refused)
    }
}

fn refused(error: SnapshotError) -> Refusal {
    Refusal::Snapshot(error.to_string())
}

/// One file, under whatever name, to be read.
struct InMemory(Arc<[u8]>);

impl Disk for InMemory {
    type File = Self;

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(vec![NAME.to_owned()])
    }

    fn open(&self, _: &str) -> io::Result<Self> {
        Ok(Self(Arc::clone(&self.0)))
    }

    fn create(&self, _: &str) -> io::Result<Self> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn rename(&self, _: &str, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn remove(&self, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync_dir(&self) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

impl DiskFile for InMemory {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.0.get(from..).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

//! `kaichang rebuild`: a data directory that serves, from Postgres and the master key.

use std::process::ExitCode;

use super::arguments::RebuildArguments;
use super::data_dir::{DataDir, Keys};
use super::{Failure, explain, say, snapshots};
use crate::domain::ids::ResidentNo;
use crate::journal::tail::TailRecord;
use crate::journal::{DirLock, FileDisk, JournalAnew, Options, snapshot_name, write_snapshot};
use crate::projection::{Database, NewCity, UploadedSnapshot, rebuild};

/// How many keys are written with one sync.
const KEYS_AT_ONCE: usize = 4096;

/// A city in the making.
struct Made<'a> {
    dir: &'a DataDir,
    journal: Option<JournalAnew<FileDisk>>,
    keys: Keys,
    waiting: Vec<(ResidentNo, Vec<u8>)>,
}

impl Made<'_> {
    fn journal_disk(&self) -> Result<FileDisk, String> {
        FileDisk::new(self.dir.journal_in_making()).map_err(|error| error.to_string())
    }

    /// The journal that records are added to; the first begins it, where no snapshot did.
    fn journal(&mut self) -> Result<&mut JournalAnew<FileDisk>, String> {
        let journal = match self.journal.take() {
            Some(journal) => journal,
            None => JournalAnew::begin(self.journal_disk()?, Options::default())
                .map_err(|error| explain(&error))?,
        };
        Ok(self.journal.insert(journal))
    }

    fn write_keys(&mut self) -> Result<(), String> {
        let keys = self.waiting.iter().map(|(resident, wrapped)| (*resident, &wrapped[..]));
        self.keys
            .residents
            .restore(keys)
            .map_err(|fault| format!("{}: is this the master key that the city had?", explain(&fault)))?;
        self.waiting.clear();
        Ok(())
    }
}

impl NewCity for Made<'_> {
    fn snapshot(&mut self, snapshot: &UploadedSnapshot) -> Result<(), String> {
        let position = snapshot.position();
        let journal = JournalAnew::begin_behind(self.journal_disk()?, Options::default(), position)
            .map_err(|error| explain(&error))?;
        // The same city in the journal that goes on under another name.
        let mut head = Vec::new();
        position.in_journal(journal.uuid()).encode(&mut head);
        let disk = FileDisk::new(self.dir.snapshots_in_making()).map_err(|error| error.to_string())?;
        let name = snapshot_name(position.last().get());
        let mut unread = None;
        let written = write_snapshot(&disk, &name, &head, |give| {
            unread = snapshot.pieces(give).err();
            Ok(())
        });
        if let Some(unread) = unread {
            return Err(explain(&unread));
        }
        written.map_err(|error| explain(&error))?;
        self.journal = Some(journal);
        Ok(())
    }

    fn record(&mut self, record: &TailRecord<'_>) -> Result<(), String> {
        let journal = self.journal()?;
        let TailRecord { kind, sequence, at, bytes, .. } = *record;
        journal.add(kind, sequence, at, bytes).map_err(|error| explain(&error))
    }

    fn key(&mut self, resident: ResidentNo, wrapped: &[u8]) -> Result<(), String> {
        self.waiting.push((resident, wrapped.to_vec()));
        if self.waiting.len() < KEYS_AT_ONCE { Ok(()) } else { self.write_keys() }
    }

    fn end(&mut self) -> Result<[u8; 16], String> {
        self.write_keys()?;
        let journal = self.journal.take().ok_or("the journal has ended")?;
        let uuid = journal.uuid();
        journal.end().map_err(|error| explain(&error))?;
        Ok(uuid)
    }
}

pub(super) fn run(arguments: &RebuildArguments) -> Result<ExitCode, Failure> {
    let database: Database = arguments.database_url.parse()?;
    let dir = DataDir::new(&arguments.into, arguments.key_file.as_deref());
    if dir.has_city()? {
        return Err(format!("there is a city in {} already", arguments.into.display()).into());
    }
    let _lock = DirLock::acquire(&arguments.into)?;
    if snapshots::directory(&dir)?.is_some() {
        let into = arguments.into.display();
        return Err(format!("there are snapshots of a lost city in {into}: name an empty directory").into());
    }
    // The master key was never in the database: without it nobody's data could be read, so it has to be there.
    let keys = dir.keys_of_a_rebuilt_city()?;
    dir.clear_making()?;
    let mut made = Made { dir: &dir, journal: None, keys, waiting: Vec::new() };
    let rebuilt = rebuild(&database, &mut made)?;
    dir.keep_made()?;
    let moment = jiff::Timestamp::from_millisecond(rebuilt.at.get())?;
    say(&format!(
        "the city stands at {moment}, record {}: what was booked later is not in it. The journal {} is fenced off from the database. \
         Serve it with --data-dir {}",
        rebuilt.sequence.get(),
        rebuilt.former,
        arguments.into.display()
    ));
    Ok(ExitCode::SUCCESS)
}

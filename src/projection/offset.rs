//! The row that says how far the journal is in Postgres, and whose journal that is.

use sqlx::Row;

use super::books::Books;
use super::database::Link;
use super::fault::{Fault, Refusal, unfit};
use super::fold::Record;
use crate::domain::event::Event;
use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;
use crate::journal::{Position, uuid_text};

use super::copy::Fields;
use super::tables::JOURNAL_RECORD;
use super::uploaded::FilledFrom;

/// How far Postgres is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offset {
    pub(super) journal: String,
    pub(super) sequence: Sequence,
    pub(super) epoch: u64,
    /// Of the record of that sequence.
    pub(super) digest: Vec<u8>,
}

impl Offset {
    /// Reads the row, or nothing where nothing was projected yet.
    pub(super) async fn read(link: &mut Link) -> Result<Option<Self>, Fault> {
        Self::select(
            link,
            "SELECT journal_uuid::text AS journal, sequence, epoch, record_digest FROM projection",
        )
        .await
    }

    /// Locks the row and reads it, at once or not at all.
    pub(super) async fn lock(link: &mut Link) -> Result<Option<Self>, Fault> {
        let sql = "SELECT journal_uuid::text AS journal, sequence, epoch, record_digest FROM projection FOR UPDATE NOWAIT";
        Self::select(link, sql).await
    }

    async fn select(link: &mut Link, sql: &'static str) -> Result<Option<Self>, Fault> {
        let row = sqlx::query(sql).fetch_optional(link.connection()).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Self {
            journal: row.try_get("journal")?,
            sequence: Sequence::new(row.try_get::<i64, _>("sequence")?.cast_unsigned()),
            epoch: row.try_get::<i64, _>("epoch")?.cast_unsigned(),
            digest: row.try_get("record_digest")?,
        }))
    }

    /// The row of this journal; made when nobody's is there.
    pub(super) async fn of_journal(link: &mut Link, uuid: &[u8; 16]) -> Result<Self, Fault> {
        let ours = uuid_text(uuid);
        let followed_by: Option<String> =
            sqlx::query_scalar("SELECT followed_by::text FROM former_journal WHERE journal_uuid = $1::uuid")
                .bind(&ours)
                .fetch_optional(link.connection())
                .await?;
        if let Some(followed_by) = followed_by {
            return Err(Refusal::Fenced { ours, followed_by }.into());
        }
        match Self::read(link).await? {
            Some(offset) if offset.journal == ours => Ok(offset),
            Some(offset) => Err(Refusal::OtherJournal { found: offset.journal, ours }.into()),
            None => {
                sqlx::query(
                    "INSERT INTO projection (journal_uuid, sequence, epoch, record_digest, occurred_at, timezone, currency) \
                     VALUES ($1::uuid, 0, 0, '', 'epoch', 'UTC', '')",
                )
                .bind(&ours)
                .execute(link.connection())
                .await?;
                Ok(Self { journal: ours, sequence: Sequence::ZERO, epoch: 0, digest: Vec::new() })
            }
        }
    }

    /// The offset behind a record.
    pub(super) fn behind(&self, record: &Record) -> Self {
        Self {
            journal: self.journal.clone(),
            sequence: record.sequence,
            epoch: record.epoch,
            digest: record.digest.to_vec(),
        }
    }

    /// The offset behind a snapshot. In the place of its last record's digest, which may be known to nobody any more, is that of the
    /// position.
    pub(super) fn behind_snapshot(&self, position: &Position) -> Self {
        Self {
            journal: self.journal.clone(),
            sequence: position.last(),
            epoch: position.epoch(),
            digest: position.digest().to_vec(),
        }
    }

    /// Moves the row to where this says, in the transaction under way.
    pub(super) async fn write(&self, link: &mut Link, at: UtcMillis, books: &Books) -> Result<(), Fault> {
        let catalogue = books.catalogue().map_err(unfit(self.sequence.get()));
        // Before the city is founded there is only the journal's own beginning.
        let (timezone, currency) = catalogue.map_or(("UTC".to_owned(), String::new()), |catalogue| {
            (catalogue.city().timezone.clone(), catalogue.city().currency.to_string())
        });
        sqlx::query(
            "UPDATE projection SET sequence = $1, epoch = $2, record_digest = $3, \
             occurred_at = 'epoch'::timestamptz + $4 * interval '1 ms', first_open_day = '1970-01-01'::date + $5, \
             timezone = $6, currency = $7, projected_at = now()",
        )
        .bind(self.sequence.get().cast_signed())
        .bind(self.epoch.cast_signed())
        .bind(&self.digest)
        .bind(at.get())
        .bind(books.first_open().map(|day| day.get()))
        .bind(timezone)
        .bind(currency)
        .execute(link.connection())
        .await?;
        Ok(())
    }
}

/// The books as of the offset, from the records of the catalogue that stand in Postgres, and from what a snapshot had of it where the tables
/// begin behind one.
pub(super) async fn read_books(link: &mut Link, filled: Option<&FilledFrom>) -> Result<Books, Fault> {
    let mut books = match filled {
        Some(filled) => filled.books().map_err(unfit(filled.sequence().get()))?,
        None => Books::default(),
    };
    let mut wrong = None;
    let statement = JOURNAL_RECORD.copy_out("WHERE kind = 'catalogue' ORDER BY sequence");
    link.copy_out(&statement, |row| {
        let mut fields = Fields::of(row);
        let (sequence, at) = (fields.int8()?, UtcMillis::new(fields.time()?));
        fields.bytes()?;
        let bytes = fields.bytes()?.unwrap_or_default();
        let applied = Event::decode(bytes).map_err(Into::into).and_then(|event| books.apply(at, &event));
        if let Err(why) = applied {
            wrong.get_or_insert((sequence.cast_unsigned(), why));
        }
        Ok(())
    })
    .await?;
    match wrong {
        Some((sequence, why)) => Err(unfit(sequence)(why)),
        None => Ok(books),
    }
}

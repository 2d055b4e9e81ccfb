//! A city from Postgres alone, when its journal's disk is lost; and the fence before the journal that was lost.

use super::copy::{Fields, NotRows};
use super::database::Database;
use super::fault::{Fault, Refusal};
use super::offset::Offset;
use super::tables::{JOURNAL_RECORD, RESIDENT_KEY};
use super::uploaded::{FilledFrom, UploadedSnapshot};
use crate::domain::ids::ResidentNo;
use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;
use crate::journal::chain::Kind;
use crate::journal::tail::TailRecord;
use crate::journal::uuid_text;

/// Takes what a city is made of.
pub trait NewCity {
    /// The snapshot that the database begins with: records follow behind it. It isn't called where the first record is there.
    ///
    /// # Errors
    /// As `record`.
    fn snapshot(&mut self, snapshot: &UploadedSnapshot) -> Result<(), String>;

    /// The next record.
    ///
    /// # Errors
    /// Why it can't be kept; nothing more is given then.
    fn record(&mut self, record: &TailRecord<'_>) -> Result<(), String>;

    /// A resident's key, wrapped.
    ///
    /// # Errors
    /// As `record`.
    fn key(&mut self, resident: ResidentNo, wrapped: &[u8]) -> Result<(), String>;

    /// Everything was given: makes it durable; the new journal's name.
    ///
    /// # Errors
    /// As `record`.
    fn end(&mut self) -> Result<[u8; 16], String>;
}

/// Where a rebuilt city stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    pub sequence: Sequence,
    /// When the last record was committed that is in it.
    pub at: UtcMillis,
    /// The journal that was lost, and is fenced off now.
    pub former: String,
}

/// Gives all that a database has to a new city, and lets nobody but that city write into the database from then on.
///
/// # Errors
/// Why it can't be done; then the database is as it was.
pub fn rebuild(database: &Database, city: &mut impl NewCity) -> Result<Rebuilt, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault::Away(error.to_string()))?;
    runtime.block_on(async {
        let mut link = database.connect_to_write().await?;
        link.run("BEGIN").await?;
        let offset = Offset::lock(&mut link).await?;
        let offset = offset.ok_or_else(|| Refusal::Schema("no city was written into them".to_owned()))?;
        let filled = FilledFrom::read(&mut link).await?;
        let mut last = filled.as_ref().map(|filled| (filled.sequence(), filled.position.digest()));
        let mut at = filled.as_ref().map_or(UtcMillis::new(0), |filled| filled.position.at());
        let mut epoch = filled.as_ref().map_or(0, |filled| filled.position.epoch());
        let mut wrong: Option<String> = None;
        if let Some(filled) = &filled {
            let snapshot = UploadedSnapshot::read(&mut link, filled).await?;
            wrong = city.snapshot(&snapshot).err();
        }
        link.copy_out(&JOURNAL_RECORD.copy_out("ORDER BY sequence"), |row| {
            let mut fields = Fields::of(row);
            let sequence = Sequence::new(fields.int8()?.cast_unsigned());
            let committed_at = UtcMillis::new(fields.time()?);
            let kind = if fields.text()? == "epoch" { Kind::Epoch } else { Kind::Data };
            let bytes = fields.bytes()?.ok_or(NotRows)?;
            if kind == Kind::Epoch {
                epoch += 1;
            }
            let record = TailRecord { sequence, epoch, at: committed_at, kind, bytes };
            (last, at) = (Some((sequence, record.digest())), committed_at);
            if wrong.is_none() {
                wrong = city.record(&record).err();
            }
            Ok(())
        })
        .await?;
        // The last record must be the one that the offset names, and those before it were counted by who took them.
        if wrong.is_none() && last.is_none_or(|last| (last.0, &last.1[..]) != (offset.sequence, &offset.digest[..])) {
            wrong = Some(format!("record {} is not there as it was written", offset.sequence.get()));
        }
        link.copy_out(&RESIDENT_KEY.copy_out("ORDER BY resident_no"), |row| {
            let mut fields = Fields::of(row);
            let resident = u32::try_from(fields.int8()?).map_err(|_| NotRows)?;
            let key = fields.bytes()?.ok_or(NotRows)?;
            if wrong.is_none() {
                wrong = city.key(ResidentNo::new(resident), key).err();
            }
            Ok(())
        })
        .await?;
        let made = match wrong {
            None => city.end(),
            Some(why) => Err(why),
        };
        let uuid = made.map_err(Refusal::Journal)?;
        let sql = "INSERT INTO former_journal (journal_uuid, sequence, epoch, followed_by) VALUES ($1::uuid, $2, $3, $4::uuid)";
        sqlx::query(sql)
            .bind(&offset.journal)
            .bind(offset.sequence.get().cast_signed())
            .bind(offset.epoch.cast_signed())
            .bind(uuid_text(&uuid))
            .execute(link.connection())
            .await?;
        let sql = "UPDATE projection SET journal_uuid = $1::uuid";
        sqlx::query(sql).bind(uuid_text(&uuid)).execute(link.connection()).await?;
        if let Some(filled) = filled {
            let followed = FilledFrom { position: filled.position.in_journal(uuid), ..filled };
            followed.write(&mut link).await?;
            // Where nothing was written behind the snapshot yet, the offset is known by its position.
            sqlx::query("UPDATE projection SET record_digest = $1 WHERE sequence = $2")
                .bind(followed.position.digest().to_vec())
                .bind(followed.sequence().get().cast_signed())
                .execute(link.connection())
                .await?;
        }
        link.run("COMMIT").await?;
        Ok(Rebuilt { sequence: offset.sequence, at, former: offset.journal })
    })
}

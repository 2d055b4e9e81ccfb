//! A journal written anew from records that were kept elsewhere: the same records under the same sequences and times, in a journal of
//! its own name, so that the lost one and this one are never taken for each other.

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::appender::AppendError;
use super::chain::Kind;
use super::disk::Disk;
use super::error::JournalError;
use super::frame::{FrameBuilder, NotAdded};
use super::position::Position;
use super::{Journal, Options};

/// Why a record can't follow.
#[derive(Debug, thiserror::Error)]
pub enum AnewError {
    #[error("record {} is missing", .0.get())]
    Missing(Sequence),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A journal that is being written anew.
pub struct JournalAnew<D: Disk> {
    journal: Journal<D>,
    frame: FrameBuilder,
    /// Of the records in the frame.
    at: UtcMillis,
    next: Sequence,
}

impl<D: Disk> JournalAnew<D> {
    /// Begins in a directory without a journal.
    ///
    /// # Errors
    /// As `Journal::open`.
    pub fn begin(disk: D, options: Options) -> Result<Self, JournalError> {
        let none = |_: Sequence, _: UtcMillis, _: &[u8]| -> Result<(), JournalError> { Ok(()) };
        let journal = Journal::open(disk, options, none)?;
        let (at, next) = (UtcMillis::new(0), Sequence::ZERO.next());
        Ok(Self { journal, frame: FrameBuilder::new(), at, next })
    }

    /// Begins in a directory without a journal, behind a position: what stands before it is kept in a snapshot.
    ///
    /// # Errors
    /// What the disk says.
    pub fn begin_behind(disk: D, options: Options, position: &Position) -> Result<Self, JournalError> {
        let journal = Journal::begin_behind(disk, options, position)?;
        let (at, next) = (position.at(), position.last().next());
        Ok(Self { journal, frame: FrameBuilder::new(), at, next })
    }

    /// The journal's name.
    #[must_use]
    pub const fn uuid(&self) -> [u8; 16] {
        self.journal.recovered().uuid
    }

    /// Adds the next record.
    ///
    /// # Errors
    /// `Missing` when this is not the next one, or what the disk says.
    pub fn add(
        &mut self,
        kind: Kind,
        sequence: Sequence,
        at: UtcMillis,
        bytes: &[u8],
    ) -> Result<(), AnewError> {
        if sequence != self.next {
            return Err(AnewError::Missing(self.next));
        }
        self.next = sequence.next();
        // Every journal begins with its first epoch, which was written when this one was begun.
        if sequence == Sequence::ZERO.next() {
            return if kind == Kind::Epoch { Ok(()) } else { Err(AnewError::Missing(sequence)) };
        }
        if kind == Kind::Epoch {
            self.write()?;
            self.journal.appender.begin_epoch()?;
            return Ok(());
        }
        if at != self.at {
            self.write()?;
            self.at = at;
        }
        let put = |out: &mut Vec<u8>| out.extend_from_slice(bytes);
        match self.frame.push(put) {
            Ok(()) => Ok(()),
            Err(NotAdded::Full) => {
                self.write()?;
                self.frame.push(put).map_err(|_| AnewError::Missing(sequence))
            }
            Err(NotAdded::TooLong) => Err(AnewError::Missing(sequence)),
        }
    }

    fn write(&mut self) -> Result<(), JournalError> {
        if self.frame.records().next().is_none() {
            return Ok(());
        }
        let appender = &mut self.journal.appender;
        let written = appender.write(&mut self.frame, self.at).map_err(AppendError::into_inner)?;
        appender.sync().map_err(AppendError::into_inner)?;
        appender.advance(&self.frame, &written);
        self.frame.clear();
        Ok(())
    }

    /// Makes the rest durable; the last record and its epoch.
    ///
    /// # Errors
    /// What the disk says.
    pub fn end(mut self) -> Result<(Sequence, u64), JournalError> {
        self.write()?;
        Ok((self.journal.durable(), self.journal.appender.state().epoch))
    }
}

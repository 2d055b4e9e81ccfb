//! A city's state as bytes, and the state from them: what a start reads instead of the journal's first part.
//!
//! A snapshot is made of a replayed engine, in which nothing is under way, and never of a live one. It consists of pieces, each of one
//! section, in the order of the sections; a large section has many pieces. The catalogue is kept as the events that made it, so there is
//! one code that makes it; everything else is rows of fixed little-endian fields (`docs/snapshots.md` draws them). What follows from
//! other things is not kept: the closed half hours, the timers.

mod blocks;
pub(super) mod bytes;
mod dump;
mod load;

pub use blocks::Row;
pub use bytes::{Fields, Malformed};
pub(super) use load::put_event;
pub use load::{Loaded, Loader, UnusableSnapshot};

/// What a piece holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Section {
    /// The events that made the catalogue, each with its moment.
    Catalogue = 1,
    /// The open days.
    Days = 2,
    /// Which numbers are used.
    Numbers = 3,
    Residents = 4,
    Bookings = 5,
    TopUps = 6,
    /// What the open days' pitches have sold.
    PitchDays = 7,
    /// The accounts that are not wallets.
    Ledger = 8,
    /// Which releases have opened for which open days.
    Releases = 9,
    /// The counts that stand in no resident's words.
    Quotas = 10,
    Phones = 11,
    /// The personal data of residents, each under a key of its own.
    Sealed = 12,
    Staff = 13,
    PastDays = 14,
    PastOpen = 15,
    Audit = 16,
    Requests = 17,
    /// When accounts were opened; older snapshots don't have it.
    Opened = 18,
    /// Releases that are drawn by lot: entries, lists, outcomes, prizes.
    Draws = 19,
    /// Releases that one queues for: who came, the seed, how far the line has come.
    Queues = 20,
    /// What is forgotten, and what it left behind; a city that has forgotten nothing doesn't have it.
    Forgotten = 21,
    /// Who comes along with residents, sealed; older snapshots don't have it.
    Companions = 22,
    /// What was given back and waits to come back to sale, and the seeds of releases whose last day is over.
    Returns = 23,
    /// What the staff have verified of residents, and who lives together.
    Verified = 24,
}

impl Section {
    const ALL: [Self; 24] = [
        Self::Catalogue,
        Self::Days,
        Self::Numbers,
        Self::Residents,
        Self::Bookings,
        Self::TopUps,
        Self::PitchDays,
        Self::Ledger,
        Self::Releases,
        Self::Quotas,
        Self::Phones,
        Self::Sealed,
        Self::Staff,
        Self::PastDays,
        Self::PastOpen,
        Self::Audit,
        Self::Requests,
        Self::Opened,
        Self::Draws,
        Self::Queues,
        Self::Forgotten,
        Self::Companions,
        Self::Returns,
        Self::Verified,
    ];

    /// Its number in a file.
    #[must_use]
    pub const fn tag(self) -> u32 {
        self as u32
    }

    /// The section of a number.
    #[must_use]
    pub fn of_tag(tag: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.tag() == tag)
    }
}

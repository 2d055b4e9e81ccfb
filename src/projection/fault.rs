//! Why a projection doesn't go on, by what can be done about it.

use super::books::Unfit;
use super::copy::NotRows;
use crate::journal::tail::TailError;

/// Why a projection has to wait or to stop.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nothing to do: it is tried again until it works.
    #[error("Postgres is away: {0}")]
    Away(String),
    /// Somebody has to look: to go on would mix what doesn't belong together, or lose something.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why these tables and this journal don't go together.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(
        "the database holds the journal {found}, and this is {ours}: another city's, or another copy's; give this city a database of its own"
    )]
    OtherJournal { found: String, ours: String },
    #[error(
        "this journal, {ours}, was rebuilt from the database and is followed by {followed_by}: it is fenced off, and what it booked since stands nowhere else"
    )]
    Fenced { ours: String, followed_by: String },
    #[error(
        "the database has record {projected}, and the journal ends with {last}: the journal is an older copy; restore the newer one, or make it anew with `kaichang rebuild`"
    )]
    Ahead { projected: u64, last: u64 },
    #[error(
        "record {sequence} of the journal is not the one in the database: one of them is a copy that went on by itself"
    )]
    Diverged { sequence: u64 },
    #[error(
        "the database needs the journal from record {wanted} on, and the journal begins with {first}: restore a newer backup of the database, or fill a new one from a backup of the journal"
    )]
    DoesNotReachBack { wanted: u64, first: u64 },
    #[error("the database refuses what the journal says: {0}")]
    Constraint(String),
    #[error("the tables are not those of this version: {0}")]
    Schema(String),
    #[error("the snapshot that the tables begin with can't be used: {0}")]
    Snapshot(String),
    #[error(
        "it holds no bookings any more that were forgotten because the former database has them: restore a backup of that one"
    )]
    ForgottenInIt,
    #[error("what these tables know is told by nothing else: {0}")]
    OnlyHere(String),
    #[error("the journal can't be read: {0}")]
    Journal(String),
    #[error("record {sequence} can't be written into the books: {why}")]
    Unfit { sequence: u64, why: String },
}

impl From<TailError> for Refusal {
    fn from(error: TailError) -> Self {
        match error {
            TailError::DoesNotReachBack { wanted, first } => {
                Self::DoesNotReachBack { wanted: wanted.get(), first: first.get() }
            }
            TailError::Journal(error) => Self::Journal(error.to_string()),
        }
    }
}

impl From<TailError> for Fault {
    fn from(error: TailError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<NotRows> for Fault {
    fn from(error: NotRows) -> Self {
        Self::Refused(Refusal::Schema(error.to_string()))
    }
}

/// A record that is not fit, by its number.
pub(super) fn unfit(sequence: u64) -> impl FnOnce(Unfit) -> Fault {
    move |why| Fault::Refused(Refusal::Unfit { sequence, why: why.to_string() })
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let Some(told) = error.as_database_error() else { return Self::Away(error.to_string()) };
        let code = told.code().unwrap_or_default();
        // The classes of SQLSTATE: a constraint, and a name or a shape that isn't there. All others may pass.
        match code.get(..2) {
            Some("23") => Self::Refused(Refusal::Constraint(told.message().to_owned())),
            Some("42") | Some("22") => Self::Refused(Refusal::Schema(told.message().to_owned())),
            Some(_) | None => Self::Away(told.message().to_owned()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for Fault {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
            return error.into();
        }
        Self::Refused(Refusal::Schema(error.to_string()))
    }
}

//! What can go wrong in the store.

use crate::code::Code;

/// An error of the store or the journal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database can not be reached.
    #[error("the database does not answer")]
    Unavailable(#[source] sea_orm::DbErr),
    /// The database is not one that plantgraph can keep its promises on.
    #[error("the database does not suit: {0}")]
    Unsuitable(String),
    /// A statement failed.
    #[error("a database statement failed while trying to {operation}")]
    Statement {
        /// What was attempted.
        operation: &'static str,
        /// The cause.
        #[source]
        source: sea_orm::DbErr,
    },
    /// A row could not be written as JSON.
    #[error("a row could not be serialised")]
    Serialise(#[from] serde_json::Error),
    /// The row changed since it was read.
    #[error("{subject} {id} changed since it was read")]
    Stale {
        /// Kind of the row.
        subject: crate::SubjectType,
        /// The row.
        id: uuid::Uuid,
    },
    /// A lease went to another owner.
    #[error("the lease on {name} went to another owner")]
    LeaseLost {
        /// What was leased.
        name: String,
    },
    /// A cursor is malformed or of another journal.
    #[error("the cursor is not one of this journal")]
    CursorInvalid,
    /// A cursor lies before what is retained.
    #[error("the cursor lies before what the journal retains")]
    CursorExpired,
    /// A moment lies before what is retained.
    #[error("the moment lies before what the journal retains")]
    AsOfExpired,
    /// The journal does not verify.
    #[error("the journal is broken at position {pos}: {what}")]
    JournalBroken {
        /// First bad position.
        pos: i64,
        /// What is wrong there.
        what: String,
    },
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Unavailable(_) => Code::DatabaseUnavailable,
            Self::Unsuitable(_) => Code::DatabaseUnsuitable,
            Self::Statement { source, .. } if is_connection_loss(source) => Code::DatabaseUnavailable,
            Self::Statement { .. } | Self::Serialise(_) => Code::Internal,
            Self::Stale { .. } => Code::Conflict,
            Self::LeaseLost { .. } => Code::LeaseLost,
            Self::CursorInvalid => Code::CursorInvalid,
            Self::CursorExpired => Code::CursorExpired,
            Self::AsOfExpired => Code::AsOfExpired,
            Self::JournalBroken { .. } => Code::JournalBroken,
            Self::Closing => Code::ShuttingDown,
        }
    }

    /// Whether the same transaction may succeed when it is run again from its start. A unique constraint counts: run again,
    /// the writer finds the row that was faster.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Stale { .. } => true,
            Self::Statement { source, .. }
                if matches!(source.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))) =>
            {
                true
            }
            // 40001 serialization_failure, 40P01 deadlock_detected; SQLite's busy.
            Self::Statement { source, .. } => {
                let text = source.to_string();
                ["40001", "40P01", "deadlock detected", "could not serialize", "database is locked"]
                    .iter()
                    .any(|sign| text.contains(sign))
            }
            _ => false,
        }
    }
}

fn is_connection_loss(error: &sea_orm::DbErr) -> bool {
    matches!(error, sea_orm::DbErr::Conn(_) | sea_orm::DbErr::ConnectionAcquire(_))
}

/// Names the operation of a failed statement.
pub(crate) trait Doing<T> {
    /// Says what was attempted, in words that follow "while trying to".
    fn doing(self, operation: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, sea_orm::DbErr> {
    fn doing(self, operation: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Statement { operation, source })
    }
}

//! What can go wrong in the workflow.

use model::Code;

/// An error of the workflow. Expected outcomes of a request (a refusal, a conflict) are not errors: see [`crate::service`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] model::Error),
    /// A request or a stored document could not be read or written as JSON.
    #[error("a document could not be serialised")]
    Serialise(#[from] serde_json::Error),
    /// A plant definition contradicts itself.
    #[error("{field}: {problem}")]
    PlantInvalid {
        /// The field.
        field: String,
        /// What is wrong, and what to write instead.
        problem: String,
    },
    /// The source's ingest has stopped.
    #[error("the ingest of this source has stopped")]
    Stopped,
    /// A stored row refers to one that is not there.
    #[error("{what} {id} is missing")]
    Missing {
        /// Kind of the row.
        what: &'static str,
        /// The row.
        id: uuid::Uuid,
    },
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Store(error) => error.code(),
            Self::Serialise(_) | Self::Missing { .. } => Code::Internal,
            Self::PlantInvalid { .. } => Code::PlantInvalid,
            Self::Stopped => Code::ShuttingDown,
        }
    }

    /// Whether the same transaction may succeed when it is run again from its start.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

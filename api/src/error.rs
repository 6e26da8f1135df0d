//! What ends the process, or a command of it.

use std::{fmt::Write as _, io, path::PathBuf};

use model::Code;

use crate::{config, token};

/// A command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration can not be used.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// Tokens can not be signed or checked.
    #[error(transparent)]
    Token(#[from] token::Error),
    /// A plant file is wrong, or a connector failed.
    #[error(transparent)]
    Connector(#[from] connectors::Error),
    /// A plant could not be put into the twin.
    #[error(transparent)]
    Workflow(#[from] workflow::Error),
    /// The simulated plant of the demo does not run.
    #[error("the simulated plant does not run")]
    Simulator(#[source] simulator::Error),
    /// The schema of the graph is not valid: a fault of the program.
    #[error(transparent)]
    Schema(#[from] crate::front_door::SchemaRefused),
    /// Nothing can be measured.
    #[error("the metrics can not be recorded")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] model::Error),
    /// The file of an embedded database does not exist.
    #[error("the database file {} does not exist; run `plantgraph migrate`, which creates it", file.display())]
    DatabaseMissing {
        /// The file.
        file: PathBuf,
    },
    /// The folder or the password of the database can not be used.
    #[error("cannot {doing}")]
    DatabaseAccess {
        /// What was tried, in words that follow "cannot".
        doing: String,
        /// Why.
        source: io::Error,
    },
    /// The schema of the database is older than this binary.
    #[error("the database is not up to date; run `plantgraph migrate` to apply: {pending}")]
    DatabaseOutdated {
        /// What is missing.
        pending: String,
    },
    /// The schema of the database could not be read or changed.
    #[error("the schema of the database can not be brought up to date")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something of the operating system failed.
    #[error("cannot {doing}")]
    System {
        /// What was tried, in words that follow "cannot".
        doing: String,
        /// Why.
        source: io::Error,
    },
    /// The process stopped because one of its essential tasks ended.
    #[error("the task {task:?} ended: {reason}")]
    Task {
        /// Name of the task.
        task: &'static str,
        /// What it said.
        reason: String,
    },
    /// The process was stopped before everything had finished.
    #[error("stopped before everything had finished: {0}")]
    Forced(&'static str),
}

impl Error {
    /// A failed migration.
    pub(crate) fn migration(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Migration(source.into())
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Config(_) => Code::ConfigInvalid,
            Self::Token(error) => error.code(),
            Self::Connector(error) => error.code(),
            Self::Workflow(error) => error.code(),
            Self::Simulator(_) | Self::Schema(_) | Self::Metrics(_) => Code::Internal,
            Self::Store(error) => error.code(),
            Self::DatabaseMissing { .. } | Self::DatabaseAccess { .. } => Code::DatabaseUnavailable,
            Self::DatabaseOutdated { .. } | Self::Migration(_) => Code::DatabaseUnsuitable,
            Self::System { .. } | Self::Task { .. } => Code::Internal,
            Self::Forced(_) => Code::ShuttingDown,
        }
    }

    /// What the process returns to its caller.
    pub fn exit_code(&self) -> u8 {
        match self.code() {
            Code::ConfigInvalid | Code::PlantFileInvalid | Code::BindingInvalid | Code::SecretMissing => {
                exit::CONFIGURATION
            }
            Code::DatabaseUnavailable | Code::DatabaseUnsuitable => exit::DATABASE,
            Code::JournalBroken => exit::JOURNAL,
            Code::ShuttingDown => exit::FORCED,
            _ => exit::FAILURE,
        }
    }
}

/// What the process returns to its caller. Documented in `plantgraph --help`.
pub mod exit {
    /// Something failed that has no number of its own.
    pub const FAILURE: u8 = 1;
    /// The command line is wrong (the number that the parser of the command line uses).
    pub const USAGE: u8 = 2;
    /// The configuration or a plant file is wrong.
    pub const CONFIGURATION: u8 = 3;
    /// The database does not answer or does not suit.
    pub const DATABASE: u8 = 4;
    /// The journal does not verify.
    pub const JOURNAL: u8 = 5;
    /// The stop was forced: a deadline passed or a second signal came.
    pub const FORCED: u8 = 6;
}

/// An error with all its causes in one line, for a log or a terminal.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, ": {error}").expect("writing to a string does not fail");
        cause = error.source();
    }
    text
}

//! What can go wrong with the simulator itself.

use std::{io, path::PathBuf};

/// Why the simulator could not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option has a value that makes no sense.
    #[error("simulator option `{name}`: {problem}")]
    Option {
        /// The field of [`SimulatorOptions`](crate::SimulatorOptions).
        name: &'static str,
        /// What is wrong and what to write instead.
        problem: &'static str,
    },
    /// A port could not be bound.
    #[error("cannot listen on {address} for {service}")]
    Listen {
        /// What was to listen there.
        service: &'static str,
        /// The address that was tried last.
        address: String,
        /// Why not.
        source: io::Error,
    },
    /// The folder for keys and certificates cannot be used.
    #[error("cannot use the PKI folder {}", path.display())]
    Pki {
        /// The folder, or the file in it.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The OPC UA server refused its configuration or stopped by itself.
    #[error("the simulated OPC UA server: {0}")]
    OpcUa(String),
    /// The ERP's HTTP server stopped by itself.
    #[error("the simulated ERP")]
    Erp(#[source] io::Error),
    /// A folder cannot be used.
    #[error("cannot use the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The MES's database failed.
    #[error("the database of the simulated MES")]
    Mes(#[source] sqlx::Error),
    /// A task of the simulator panicked.
    #[error("a task of the simulator ended unexpectedly")]
    Task(#[from] tokio::task::JoinError),
}

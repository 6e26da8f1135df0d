//! What can go wrong at the edge to other systems.

use std::{path::PathBuf, time::Duration};

use model::Code;

/// An error of a connector. Each has a stable code, [`Error::code`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The plant file is wrong at one key.
    #[error("{file}: {key}: {problem}; {remedy}")]
    PlantFile {
        /// The file, as it was named.
        file: String,
        /// The path of the key inside the file, such as `line[0].area.code`.
        key: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
    /// A binding of the plant file does not name a node in a way that survives a restart of the server.
    #[error("{file}: {key}: {problem}; {remedy}")]
    Binding {
        /// The file, as it was named.
        file: String,
        /// The path of the key inside the file, such as `line[0].state.node`.
        key: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
    /// The manifest of a system is wrong.
    #[error("{file}{}{}: {problem}; {remedy}", line.map(|line| format!(":{line}")).unwrap_or_default(), prefixed(key))]
    Manifest {
        /// The file, as it was named.
        file: String,
        /// The line, if the problem has one.
        line: Option<u64>,
        /// The path of the key, such as `streams.lots.map.attributes.quantity`; empty: the whole file.
        key: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        remedy: String,
    },
    /// A file can not be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A secret is not where the plant file says. The secret itself is never part of a message.
    #[error("no secret in {place}: {problem}")]
    Secret {
        /// The environment variable or file.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The OPC UA server can not be reached, or it does not answer in time.
    #[error("the OPC UA server at {url} can not be reached: {problem}")]
    Unreachable {
        /// The URL of the plant file.
        url: String,
        /// What happened.
        problem: String,
    },
    /// The OPC UA server answers, and refuses: no such endpoint, a wrong password.
    #[error("the OPC UA server at {url} refuses the connection: {problem}")]
    Refused {
        /// The URL of the plant file.
        url: String,
        /// What it refuses, and what to change.
        problem: String,
    },
    /// The certificate of the OPC UA server is not trusted, or not valid for it.
    #[error("the certificate of the OPC UA server at {url} is not accepted: {problem}")]
    Untrusted {
        /// The URL of the plant file.
        url: String,
        /// What is wrong, and how to trust the certificate.
        problem: String,
    },
    /// The folder with our own key and certificate can not be used.
    #[error("the OPC UA key or certificate can not be used: {problem}")]
    Pki {
        /// What is wrong with it.
        problem: String,
    },
    /// An ERP can not be reached, or it does not answer in time.
    #[error("the ERP at {url} can not be reached: {problem}")]
    ErpUnreachable {
        /// The URL of the plant file.
        url: String,
        /// What happened.
        problem: String,
    },
    /// An ERP asks to be left alone for a while.
    #[error("the ERP at {url} is busy")]
    ErpBusy {
        /// The URL of the plant file.
        url: String,
        /// How long, if it says so.
        retry_after: Option<Duration>,
    },
    /// An ERP answers, and says no: a wrong password, a missing right, something that it does not have.
    #[error("the ERP at {url} refuses {operation}: {problem}")]
    ErpRefused {
        /// The URL of the plant file.
        url: String,
        /// What was asked for.
        operation: String,
        /// What it says, or what to change.
        problem: String,
    },
    /// An ERP answers something that is not an answer to the question.
    #[error("the answer of the ERP at {url} to {operation} can not be read: {problem}")]
    ErpAnswer {
        /// The URL of the plant file.
        url: String,
        /// What was asked for.
        operation: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// A crosswalk file is wrong.
    #[error("the crosswalk {name} is wrong: {problem}")]
    Crosswalk {
        /// The file under `patterns/crosswalks`, without its ending.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// What was handed in could not be stored.
    #[error(transparent)]
    Workflow(#[from] workflow::Error),
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::PlantFile { .. } | Self::File { .. } => Code::PlantFileInvalid,
            Self::Manifest { .. } => Code::ManifestInvalid,
            Self::Binding { .. } => Code::BindingInvalid,
            Self::Secret { .. } => Code::SecretMissing,
            Self::Unreachable { .. } => Code::SourceUnreachable,
            Self::Refused { .. } => Code::SourceRefused,
            Self::Untrusted { .. } | Self::Pki { .. } => Code::CertificateUntrusted,
            Self::ErpUnreachable { .. } | Self::ErpBusy { .. } => Code::SourceUnreachable,
            Self::ErpRefused { .. } => Code::SourceRefused,
            Self::ErpAnswer { .. } => Code::SourceAnswerInvalid,
            Self::Crosswalk { .. } => Code::CrosswalkInvalid,
            Self::Workflow(error) => error.code(),
        }
    }
}

fn prefixed(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!(": {key}") }
}

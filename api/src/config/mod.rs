//! Configuration: the commented default file, then the operator's file, then the environment.
//!
//! Each section is a struct in its own file with a `validate`. Unknown keys are refused wherever they come from, and
//! each error names the key, where it was written, what is wrong and what to write instead.

mod auth;
mod database;
mod duration;
mod error;
mod graphql;
mod ingest;
mod journal;
mod key_file;
mod load;
mod log;
mod metrics;
mod origin;
mod plants;
mod server;
#[cfg(test)]
mod tests;
mod websocket;
mod workflow;

use serde::{Deserialize, Serialize};

pub use auth::{Algorithm, Auth, Development, Issuer, TokenType};
pub use database::{Database, DatabaseUrl};
pub use duration::HumanDuration;
pub use error::{Error, Problem};
pub use graphql::{Graphql, Introspection};
pub use ingest::Ingest;
pub use journal::Journal;
pub use key_file::{KeyFileError, load_or_create};
pub use load::{DEFAULT_FILE, ENVIRONMENT_PREFIX, Loaded, Sources};
pub use log::{Log, LogFormat};
pub use metrics::Metrics;
pub use origin::Origin;
pub use plants::Plants;
pub use server::Server;
pub use websocket::Websocket;
pub use workflow::Workflow;

use error::Findings;

/// The whole configuration. Serialising it redacts secrets.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The HTTP and WebSocket service.
    pub server: Server,
    /// Where the twin is stored.
    pub database: Database,
    /// The journal and its cursors.
    pub journal: Journal,
    /// What one request may ask.
    pub graphql: Graphql,
    /// What one socket may hold.
    pub websocket: Websocket,
    /// Who issues tokens.
    pub auth: Auth,
    /// Which plants this process serves.
    pub plants: Plants,
    /// How signals become transactions.
    pub ingest: Ingest,
    /// Timers, leases, readiness.
    pub workflow: Workflow,
    /// What is logged, and how.
    pub log: Log,
    /// What is measured, and where it is read.
    pub metrics: Metrics,
}

impl Config {
    /// Checks what types alone do not: bounds, and keys that only make sense together.
    fn validate(&self, findings: &mut Findings) {
        self.server.validate(findings);
        self.database.validate(findings);
        self.journal.validate(findings);
        self.graphql.validate(findings);
        self.websocket.validate(findings);
        self.auth.validate(findings);
        self.plants.validate(findings);
        self.ingest.validate(findings);
        self.workflow.validate(findings);
        self.log.validate(findings);
        self.metrics.validate(findings);
    }

    /// What is allowed but probably not meant; shown at the start and by `check-config`.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.auth.issuers.is_empty() && !self.auth.development.enabled {
            warnings.push(
                "nobody can sign in: add a block [[auth.issuers]], or set auth.development.enabled = true to try things out"
                    .to_owned(),
            );
        }
        if self.auth.development.enabled && !self.server.bind.ip().is_loopback() {
            warnings.push(
                "auth.development.enabled is true on an address that others reach: whoever reads the key file can be anybody"
                    .to_owned(),
            );
        }
        if self.plants.files.is_empty() {
            warnings.push("plants.files is empty: no connector will run".to_owned());
        }
        warnings
    }
}

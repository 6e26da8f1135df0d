//! `[log]`: what is logged, and how.

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use super::error::Findings;

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// Level, or levels by target.
    pub level: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Coloured lines for people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Log {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        if let Err(error) = EnvFilter::builder().parse(&self.level) {
            let instead = r#"write error, warn, info, debug or trace, or per target "info,connectors=debug""#;
            findings.add("log.level", format!("{:?} is not a filter: {error}", self.level), instead);
        }
    }
}

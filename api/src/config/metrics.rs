//! `[metrics]`: what is measured, and where it is read.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::error::Findings;

/// What is measured, and where it is read.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Whether `/metrics` exists.
    pub enabled: bool,
    /// An address of its own; without it `/metrics` is beside the graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<SocketAddr>,
}

impl Metrics {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        if self.bind.is_some() && !self.enabled {
            findings.add(
                "metrics.bind",
                "has no effect because metrics.enabled is false",
                "remove it or enable metrics",
            );
        }
    }
}

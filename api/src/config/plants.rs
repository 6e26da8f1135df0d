//! `[plants]`: which plants this process serves.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::Findings;

/// One process serves a handful of plants; more belong on further nodes.
const FILES_MAX: usize = 256;

/// Which plants this process serves.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plants {
    /// Plant files.
    pub files: Vec<PathBuf>,
    /// Trusted, rejected and own OPC UA certificates.
    pub pki_dir: PathBuf,
}

impl Plants {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        findings.range("plants.files", self.files.len(), 0..=FILES_MAX);
        for (index, file) in self.files.iter().enumerate() {
            if self.files[..index].contains(file) {
                let wrong = format!("{} is listed twice", file.display());
                findings.add(&format!("plants.files.{index}"), wrong, "keep one of them");
            }
        }
    }
}

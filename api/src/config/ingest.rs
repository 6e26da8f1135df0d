//! `[ingest]`: how signals become transactions.

use serde::{Deserialize, Serialize};

use super::{HumanDuration, error::Findings};

/// How signals become transactions.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// How long signals are gathered.
    pub flush_interval: HumanDuration,
    /// Signals after which they are stored without waiting longer.
    pub changes_max: usize,
    /// Batches that one source may have waiting.
    pub queue_batches_max: usize,
}

impl Ingest {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        let (shortest, longest) = (HumanDuration::from_millis(1), HumanDuration::from_secs(5));
        findings.range("ingest.flush_interval", self.flush_interval, shortest..=longest);
        findings.range("ingest.changes_max", self.changes_max, 1..=10_000);
        findings.range("ingest.queue_batches_max", self.queue_batches_max, 1..=65_536);
    }
}

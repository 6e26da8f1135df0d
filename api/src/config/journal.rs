//! `[journal]`: the journal and its tail.

use serde::{Deserialize, Serialize};

use super::{HumanDuration, error::Findings};

/// The journal and its tail.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    /// How far back a subscriber may resume.
    pub retention: HumanDuration,
    /// The poll that repairs a missed wake-up.
    pub poll_interval: HumanDuration,
    /// Recent rows kept in memory.
    pub ring_rows_max: usize,
}

impl Journal {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        let (shortest, longest) = (HumanDuration::from_secs(3_600), HumanDuration::from_secs(3_650 * 86_400));
        findings.range("journal.retention", self.retention, shortest..=longest);
        let (shortest, longest) = (HumanDuration::from_millis(10), HumanDuration::from_secs(10));
        findings.range("journal.poll_interval", self.poll_interval, shortest..=longest);
        findings.range("journal.ring_rows_max", self.ring_rows_max, 256..=4_194_304);
    }
}

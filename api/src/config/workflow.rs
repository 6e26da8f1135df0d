//! `[workflow]`: timers, leases, readiness.

use serde::{Deserialize, Serialize};

use super::{HumanDuration, error::Findings};

/// Timers, leases, readiness.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// How often due timers are looked for.
    pub timer_poll_interval: HumanDuration,
    /// How long a replica owns a source without renewing.
    pub lease_ttl: HumanDuration,
    /// Job orders that start within this time are looked at for their material.
    pub readiness_horizon: HumanDuration,
    /// Material has to be staged so long before the planned start.
    pub staging_lead: HumanDuration,
}

impl Workflow {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        // A timer fires within 5 s of being due; the poll must leave room for the work itself.
        let (shortest, longest) = (HumanDuration::from_millis(10), HumanDuration::from_secs(4));
        findings.range("workflow.timer_poll_interval", self.timer_poll_interval, shortest..=longest);
        let (shortest, longest) = (HumanDuration::from_secs(2), HumanDuration::from_secs(300));
        findings.range("workflow.lease_ttl", self.lease_ttl, shortest..=longest);
        // Every order in it is looked at twice a minute.
        let (shortest, longest) = (HumanDuration::from_secs(60), HumanDuration::from_secs(31 * 86_400));
        findings.range("workflow.readiness_horizon", self.readiness_horizon, shortest..=longest);
        let (shortest, longest) = (HumanDuration::from_secs(0), HumanDuration::from_secs(7 * 86_400));
        findings.range("workflow.staging_lead", self.staging_lead, shortest..=longest);
    }
}

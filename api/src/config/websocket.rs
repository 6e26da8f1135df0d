//! `[websocket]`: what one socket may hold.

use serde::{Deserialize, Serialize};

use super::{HumanDuration, error::Findings};

/// What one socket may hold.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Websocket {
    /// How long a client may take to send `connection_init`.
    pub init_timeout: HumanDuration,
    /// Operations at a time.
    pub operations_max: usize,
    /// Bytes of one message.
    pub message_bytes_max: usize,
    /// Between two pings.
    pub ping_interval: HumanDuration,
    /// Silence after which a peer is gone.
    pub dead_after: HumanDuration,
    /// How long a peer may take to accept a message.
    pub write_timeout: HumanDuration,
    /// Events that wait for one subscription.
    pub queue_events_max: usize,
    /// Bytes that wait for one subscription.
    pub queue_bytes_max: usize,
}

impl Websocket {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        let (shortest, longest) = (HumanDuration::from_millis(100), HumanDuration::from_secs(300));
        findings.range("websocket.init_timeout", self.init_timeout, shortest..=longest);
        findings.range("websocket.ping_interval", self.ping_interval, shortest..=longest);
        findings.range("websocket.dead_after", self.dead_after, shortest..=longest);
        findings.range("websocket.write_timeout", self.write_timeout, shortest..=longest);
        findings.range("websocket.operations_max", self.operations_max, 1..=1_000);
        findings.range("websocket.message_bytes_max", self.message_bytes_max, 1_024..=16 * 1024 * 1024);
        findings.range("websocket.queue_events_max", self.queue_events_max, 1..=65_536);
        findings.range("websocket.queue_bytes_max", self.queue_bytes_max, 1_024..=256 * 1024 * 1024);
        if self.dead_after <= self.ping_interval {
            findings.add(
                "websocket.dead_after",
                "is not longer than websocket.ping_interval, so a healthy peer would be dropped",
                "write at least twice the interval",
            );
        }
    }
}

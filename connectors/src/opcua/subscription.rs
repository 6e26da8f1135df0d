//! A subscription as the server granted it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use opcua::types::CreateSubscriptionResponse;

use super::{cursor::Cursor, sequence::Sequence};

/// The server says at least this often that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(1);
/// The server keeps a subscription this long without hearing of us: a restart of ours, or a long cut, fits in.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// The standard wants the lifetime to be at least three keep-alives.
const KEEP_ALIVES_IN_LIFETIME: u32 = 3;

/// What we ask of a subscription.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) interval: Duration,
    pub(super) keep_alive_count: u32,
    pub(super) lifetime_count: u32,
}

impl Terms {
    pub(super) fn new(interval: Duration) -> Self {
        let count = |of: Duration| (of.as_secs_f64() / interval.as_secs_f64()).ceil().max(1.0) as u32;
        let keep_alive_count = count(KEEP_ALIVE);
        let lifetime_count = count(LIFETIME).max(keep_alive_count.saturating_mul(KEEP_ALIVES_IN_LIFETIME));
        Self { interval, keep_alive_count, lifetime_count }
    }
}

/// A subscription at the server.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    /// The server's id of it.
    pub(super) id: u32,
    /// The session that it belongs to; `None` before it is taken over from an earlier process.
    pub(super) owner: Option<u32>,
    /// When the server was started that has it. Ids of subscriptions begin anew with each start of some servers, so the same
    /// id may then be somebody else's.
    pub(super) started: Option<DateTime<Utc>>,
    /// Which message comes next.
    pub(super) sequence: Sequence,
    /// The longest silence that is normal.
    pub(super) keep_alive: Duration,
}

impl Subscription {
    /// What the server granted.
    pub(super) fn granted(granted: &CreateSubscriptionResponse, owner: u32, started: Option<DateTime<Utc>>) -> Self {
        let interval = Duration::try_from_secs_f64(granted.revised_publishing_interval / 1_000.0).unwrap_or(KEEP_ALIVE);
        let keep_alive = interval.saturating_mul(granted.revised_max_keep_alive_count.max(1));
        Self { id: granted.subscription_id, owner: Some(owner), started, sequence: Sequence::START, keep_alive }
    }

    /// Whether a server that was started at `started` can not be the one that has it.
    pub(super) fn is_of_another_start(&self, started: Option<DateTime<Utc>>) -> bool {
        self.started.is_some() && started.is_some() && self.started != started
    }

    /// What an earlier process left behind.
    pub(super) fn left_behind(cursor: &Cursor) -> Self {
        Self {
            id: cursor.subscription,
            owner: None,
            started: cursor.started,
            sequence: Sequence::expecting(cursor.next),
            keep_alive: Duration::from_millis(cursor.keep_alive_ms).max(KEEP_ALIVE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_follow_the_interval() {
        let terms = Terms::new(Duration::from_millis(100));
        assert_eq!((terms.keep_alive_count, terms.lifetime_count), (10, 9_000));
        let slow = Terms::new(Duration::from_secs(10));
        assert_eq!((slow.keep_alive_count, slow.lifetime_count), (1, 90));
    }

    #[test]
    fn a_nonsense_interval_does_not_panic() {
        for interval in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
            let response = CreateSubscriptionResponse { revised_publishing_interval: interval, ..Default::default() };
            Subscription::granted(&response, 1, None);
        }
    }
}

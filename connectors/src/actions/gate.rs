//! How hard a system may be asked: so many requests a second, and none for a while when it fails again and again.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

/// Requests a second unless the manifest says otherwise: a fifth of what the tightest system we know of allows (6,000 in
/// five minutes for each user).
const PER_SECOND: f64 = 4.0;
/// Requests at once after a quiet time: one whole action.
const BURST: f64 = 12.0;
/// Failures in a row after which the system is left alone.
const FAILURES_MAX: u32 = 6;
/// How long it is left alone. Then one command tries, and its first request only reads.
const OPEN_FOR: Duration = Duration::from_secs(30);

/// How often a system may be asked, in a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Limit {
    /// Requests a second, in the long run.
    pub per_second: f64,
    /// Requests at once after a quiet time.
    pub burst: f64,
}

impl Default for Limit {
    fn default() -> Self {
        Self { per_second: PER_SECOND, burst: BURST }
    }
}

impl Limit {
    /// Whether it lets anything through.
    pub fn is_usable(self) -> bool {
        self.per_second.is_finite() && self.per_second > 0.0 && self.burst.is_finite() && self.burst >= 1.0
    }
}

/// The gate before one system.
#[derive(Debug)]
pub(super) struct Gate {
    limit: Limit,
    tokens: f64,
    filled: Instant,
    failures: u32,
    failed: Option<Instant>,
}

impl Gate {
    pub(super) fn new(limit: Limit) -> Self {
        Self { limit, tokens: limit.burst, filled: Instant::now(), failures: 0, failed: None }
    }

    /// Waits until one more request may be sent.
    pub(super) async fn pass(&mut self) {
        let at = self.take(Instant::now());
        sleep_until(at).await;
    }

    /// Takes the place of one request; when it may be sent.
    fn take(&mut self, now: Instant) -> Instant {
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * self.limit.per_second;
        self.tokens = (self.tokens + gained).min(self.limit.burst);
        self.filled = now.max(self.filled);
        self.tokens -= 1.0;
        match self.tokens < 0.0 {
            true => now + Duration::from_secs_f64(-self.tokens / self.limit.per_second),
            false => now,
        }
    }

    /// What came of a request.
    pub(super) fn heard(&mut self, trouble: bool) {
        self.heard_at(trouble, Instant::now());
    }

    /// Why nothing is sent now, if the system is being left alone.
    pub(super) fn closed(&self) -> Option<String> {
        self.closed_at(Instant::now())
    }

    fn heard_at(&mut self, trouble: bool, now: Instant) {
        (self.failures, self.failed) = match trouble {
            true => (self.failures.saturating_add(1), Some(now)),
            false => (0, None),
        };
    }

    fn closed_at(&self, now: Instant) -> Option<String> {
        let failed = self.failed.filter(|_| self.failures >= FAILURES_MAX)?;
        let rests = now.saturating_duration_since(failed) < OPEN_FOR;
        let seconds = OPEN_FOR.as_secs();
        rests.then(|| format!("the system failed {FAILURES_MAX} times in a row and is left alone for {seconds} s"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let mut gate = Gate::new(Limit { per_second: 2.0, burst: 3.0 });
        let now = gate.filled;
        let waits: Vec<u128> = (0..6).map(|_| (gate.take(now) - now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 500, 1_000, 1_500]);
        let later = now + Duration::from_secs(60);
        assert_eq!(gate.take(later), later, "after a quiet time it is free again");
    }

    #[test]
    fn a_system_that_fails_is_left_alone_and_then_tried_once() {
        let mut gate = Gate::new(Limit::default());
        let now = Instant::now();
        (1..FAILURES_MAX).for_each(|_| gate.heard_at(true, now));
        assert_eq!(gate.closed_at(now), None);
        gate.heard_at(true, now);
        assert!(gate.closed_at(now + OPEN_FOR / 2).is_some());
        let half_open = now + OPEN_FOR;
        assert_eq!(gate.closed_at(half_open), None);
        gate.heard_at(true, half_open);
        assert!(gate.closed_at(half_open).is_some(), "one more failure closes it again");
        gate.heard_at(false, half_open + OPEN_FOR);
        gate.heard_at(true, half_open + OPEN_FOR);
        assert_eq!(gate.closed_at(half_open + OPEN_FOR), None);
    }
}

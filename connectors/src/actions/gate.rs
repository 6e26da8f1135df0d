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
        self.fill();
        if self.tokens < 1.0 {
            let missing = (1.0 - self.tokens) / self.limit.per_second;
            sleep_until(Instant::now() + Duration::from_secs_f64(missing)).await;
            self.fill();
        }
        self.tokens -= 1.0;
    }

    /// What came of a request.
    pub(super) fn heard(&mut self, trouble: bool) {
        if trouble {
            self.failures = self.failures.saturating_add(1);
            self.failed = Some(Instant::now());
        } else {
            (self.failures, self.failed) = (0, None);
        }
    }

    /// Why nothing is sent now, if the system is being left alone.
    pub(super) fn closed(&self) -> Option<String> {
        let failed = self.failed.filter(|_| self.failures >= FAILURES_MAX)?;
        let left = OPEN_FOR.checked_sub(failed.elapsed()).filter(|left| !left.is_zero())?;
        // Rounded, so that the text does not change every second.
        let minutes = if left > Duration::from_secs(15) { "half a minute" } else { "a few seconds" };
        Some(format!("the system failed {} times in a row and is left alone for {minutes}", FAILURES_MAX))
    }

    fn fill(&mut self) {
        let now = Instant::now();
        let gained = (now - self.filled).as_secs_f64() * self.limit.per_second;
        (self.tokens, self.filled) = ((self.tokens + gained).min(self.limit.burst), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_the_rate_holds() {
        let mut gate = Gate::new(Limit { per_second: 2.0, burst: 3.0 });
        let began = Instant::now();
        for _ in 0..3 {
            gate.pass().await;
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        for _ in 0..4 {
            gate.pass().await;
        }
        assert!((1_900..2_100).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_system_that_fails_is_left_alone_and_then_tried_once() {
        let mut gate = Gate::new(Limit::default());
        (0..FAILURES_MAX - 1).for_each(|_| gate.heard(true));
        assert_eq!(gate.closed(), None);
        gate.heard(true);
        assert!(gate.closed().is_some());
        tokio::time::advance(OPEN_FOR).await;
        assert_eq!(gate.closed(), None, "half open");
        gate.heard(true);
        assert!(gate.closed().is_some(), "one more failure closes it again");
        tokio::time::advance(OPEN_FOR).await;
        gate.heard(false);
        gate.heard(true);
        assert_eq!(gate.closed(), None);
    }
}

//! Notices silence. A server that lives says so about once a second; when it does not, we ask.

use std::time::Duration;

use tokio::time::Instant;

/// Room for a slow network, on top of twice the normal silence.
const SLACK: Duration = Duration::from_secs(1);

/// What silence calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// Ask whether the server is there at all, and connect anew: some servers answer on the connection of before.
    First,
    /// It was there, and on a fresh connection the subscription is still silent: it will not speak again.
    Again,
}

/// Watches one subscription.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watchdog {
    heard: Instant,
    alarms: u32,
}

impl Watchdog {
    /// Begins to listen.
    pub(super) fn start() -> Self {
        Self { heard: Instant::now(), alarms: 0 }
    }

    /// The subscription spoke.
    pub(super) fn heard(&mut self) {
        *self = Self::start();
    }

    /// Listens on a fresh connection. What was alarming before still is.
    pub(super) fn listen(&mut self) {
        self.heard = Instant::now();
    }

    /// When its silence is too long.
    pub(super) fn due(&self, keep_alive: Duration) -> Instant {
        self.heard + keep_alive.saturating_mul(2) + SLACK
    }

    /// It is too long. The next alarm is due after as much silence again.
    pub(super) fn alarm(&mut self) -> Alarm {
        self.listen();
        self.alarms += 1;
        if self.alarms == 1 { Alarm::First } else { Alarm::Again }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_asked_about_once() {
        let mut dog = Watchdog::start();
        assert_eq!(dog.due(Duration::from_secs(1)), dog.heard + Duration::from_secs(3));
        assert_eq!(dog.alarm(), Alarm::First);
        dog.listen();
        assert_eq!(dog.alarm(), Alarm::Again);
        dog.heard();
        assert_eq!(dog.alarm(), Alarm::First);
    }
}

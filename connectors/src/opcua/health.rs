//! What is known of a source from outside: is it connected, are all its items alive, was anything lost.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use metrics::{counter, gauge};
use model::Code;
use tokio::sync::watch;

/// How the present session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMode {
    /// A new session of the server.
    New,
    /// The session of before, on a new connection.
    Reactivated,
}

/// An item that should deliver values and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadItem {
    /// Its browse path, as the plant file has it.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// The state of one source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Whether a session is active. Values may still be missing: see [`Self::dead`].
    pub connected: bool,
    /// Whether the source counts as live: connected, its subscription in place, and something heard on it.
    pub live: bool,
    /// How the session began.
    pub session: Option<SessionMode>,
    /// Why the source is not live, and the code under which the documentation explains it.
    pub problem: Option<(Code, String)>,
    /// Items that the plant file binds.
    pub expected_items: usize,
    /// Items that deliver.
    pub live_items: usize,
    /// Items that do not, and why.
    pub dead: Vec<DeadItem>,
    /// Messages that were lost on the way and had from the server again.
    pub republished: u64,
    /// Gaps: values that can not be had any more.
    pub gaps: u64,
    /// When the server was last heard.
    pub last_message_at: Option<DateTime<Utc>>,
    /// How long an outage may last before the server's queues overflow, at the rates of the plant file.
    pub loss_free_outage: Option<Duration>,
}

/// Tells the health of a source, and counts.
pub(super) struct Reporter {
    sender: watch::Sender<Health>,
    source: String,
}

impl Reporter {
    pub(super) fn new(source: &str, expected_items: usize) -> (Self, watch::Receiver<Health>) {
        let (sender, receiver) = watch::channel(Health { expected_items, ..Health::default() });
        let reporter = Self { sender, source: source.to_owned() };
        reporter.update(|_| {});
        (reporter, receiver)
    }

    /// Changes the health. Readers are woken only when it differs.
    pub(super) fn update(&self, change: impl FnOnce(&mut Health)) {
        self.sender.send_if_modified(|health| {
            let before = health.clone();
            change(health);
            *health != before
        });
        let health = self.sender.borrow();
        let gauge = |name: &'static str, value: f64| gauge!(name, "source" => self.source.clone()).set(value);
        gauge("plantgraph_opcua_connected", f64::from(u8::from(health.connected)));
        gauge("plantgraph_opcua_live", f64::from(u8::from(health.live)));
        gauge("plantgraph_opcua_items_expected", health.expected_items as f64);
        gauge("plantgraph_opcua_items_live", health.live_items as f64);
        if let Some(outage) = health.loss_free_outage {
            gauge("plantgraph_opcua_loss_free_outage_seconds", outage.as_secs_f64());
        }
    }

    /// A message with so many values, of which so many followed an overflow and so many clocks were absurd.
    pub(super) fn message(&self, at: DateTime<Utc>, values: usize, overflows: u64, absurd: u64) {
        self.count("plantgraph_opcua_messages_total", 1);
        self.count("plantgraph_opcua_values_total", values as u64);
        self.count("plantgraph_opcua_overflows_total", overflows);
        self.count("plantgraph_opcua_absurd_times_total", absurd);
        self.heard(at);
    }

    /// So many values were had from the server's history.
    pub(super) fn replayed(&self, count: usize) {
        self.count("plantgraph_opcua_replayed_values_total", count as u64);
    }

    /// So many events came.
    pub(super) fn events(&self, count: usize) {
        self.count("plantgraph_opcua_events_total", count as u64);
    }

    /// The server was heard. This alone wakes no reader: it happens many times a second.
    pub(super) fn heard(&self, at: DateTime<Utc>) {
        self.sender.send_if_modified(|health| {
            health.last_message_at = Some(at);
            false
        });
    }

    /// How far the server's clock is ahead of ours.
    pub(super) fn clock_skew(&self, ahead: TimeDelta) {
        let seconds = ahead.num_milliseconds() as f64 / 1_000.0;
        gauge!("plantgraph_opcua_clock_skew_seconds", "source" => self.source.clone()).set(seconds);
    }

    /// A message was lost on the way and had again.
    pub(super) fn republished(&self) {
        self.count("plantgraph_opcua_republished_total", 1);
        self.update(|health| health.republished += 1);
    }

    /// Values can not be had any more.
    pub(super) fn gap(&self) {
        self.count("plantgraph_opcua_gaps_total", 1);
        self.update(|health| health.gaps += 1);
    }

    fn count(&self, name: &'static str, by: u64) {
        counter!(name, "source" => self.source.clone()).increment(by);
    }
}

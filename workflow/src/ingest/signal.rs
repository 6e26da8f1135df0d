//! What a connector hands in.

use chrono::{DateTime, TimeDelta, Utc};
use model::{LineId, LineState, Quality};

/// An event this far in the future comes from a wrong clock. Believed, it would freeze what it is about: all that follows
/// would be older.
const FUTURE_MAX: TimeDelta = TimeDelta::minutes(5);

/// When and how well a value was read. The three times are kept apart: a device's clock may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When the device says it was true.
    pub source_time: Option<DateTime<Utc>>,
    /// When the OPC UA server says it was true.
    pub server_time: Option<DateTime<Utc>>,
    /// When it arrived here.
    pub received_time: DateTime<Utc>,
    /// Full 32-bit OPC UA StatusCode.
    pub status: u32,
    /// The server's queue overflowed before this value.
    pub overflow: bool,
}

impl Stamp {
    /// The time of the event: the device's, else the server's, else ours. A time that lies ahead is not believed.
    pub fn event_time(&self) -> DateTime<Utc> {
        let told = self.source_time.or(self.server_time).unwrap_or(self.received_time);
        if told > self.received_time + FUTURE_MAX { self.received_time } else { told }
    }

    /// How far a reading may be trusted: without a value, not at all.
    pub fn quality_of<T>(&self, value: Option<T>) -> Quality {
        value.map_or(Quality::Bad, |_| Quality::of_status(self.status))
    }
}

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterRole {
    /// Good pieces.
    Good,
    /// Scrap pieces.
    Scrap,
    /// Something else; shown, not summed.
    Other,
}

/// Which alarm, for as long as the device has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlarmKey {
    /// The node that it is about, with the URI of its namespace.
    pub source_node: String,
    /// The condition, with the URI of its namespace.
    pub condition: String,
    /// The branch of the condition: an earlier state that still waits for somebody. Empty for the present one.
    pub branch: String,
}

/// An alarm (a condition of OPC 10000-9) as its device reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmReport {
    /// Which.
    pub key: AlarmKey,
    /// The line whose notifier reported it, if it was one.
    pub line: Option<LineId>,
    /// Name of the condition.
    pub name: String,
    /// What the device says.
    pub message: String,
    /// Urgency, 1 to 1000; more is worse.
    pub severity: u16,
    /// Whether its cause is there.
    pub active: bool,
    /// Whether somebody acknowledged it, or nobody has to.
    pub acked: bool,
    /// Whether somebody confirmed it, or nobody has to.
    pub confirmed: bool,
    /// Whether the device suppresses or shelves it.
    pub suppressed: bool,
    /// Whether the device still shows it.
    pub retain: bool,
    /// Who acknowledged it, if the device says so.
    pub acked_by: Option<String>,
    /// When that was so, as the device says; an absurd time is none.
    pub at: Option<DateTime<Utc>>,
    /// It was repeated on request, and did not happen just now.
    pub replayed: bool,
}

/// One decoded notification.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// A line reported its state.
    LineState {
        /// The line.
        line: LineId,
        /// The state; `None` with a bad status or for a number that PackML does not have.
        state: Option<LineState>,
        /// The number as reported.
        raw: i64,
        /// When and how well.
        stamp: Stamp,
    },
    /// A counter.
    Counter {
        /// The line.
        line: LineId,
        /// Name in the plant file.
        name: String,
        /// What it counts.
        role: CounterRole,
        /// The reading; `None` with a bad status.
        value: Option<u64>,
        /// When and how well.
        stamp: Stamp,
    },
    /// A process parameter.
    Parameter {
        /// The line.
        line: LineId,
        /// Name in the plant file.
        name: String,
        /// The reading; `None` with a bad status.
        value: Option<f64>,
        /// When and how well.
        stamp: Stamp,
    },
    /// The order that a line says it runs.
    ActiveOrder {
        /// The line.
        line: LineId,
        /// The order's business number; `None` when it runs none.
        number: Option<String>,
        /// When and how well.
        stamp: Stamp,
    },
    /// A device reports one of its alarms: what it is now, not what became of it.
    Alarm(Box<AlarmReport>),
    /// The device has repeated every alarm that it still shows.
    AlarmsRefreshed {
        /// Of these lines; `None`: of the plant, where no line is named.
        lines: Vec<Option<LineId>>,
        /// Those that it shows. Others of these lines are over.
        shown: Vec<AlarmKey>,
    },
    /// What the source kept while nobody listened: a value of its history, with the time at which it was true. In a batch
    /// with nothing else, in the order of their times. It is journalled; what was over meanwhile is no case any more.
    Replayed(Box<Signal>),
    /// Values between two times may be missing.
    Gap {
        /// The last time that is surely complete.
        from: Option<DateTime<Utc>>,
        /// From when values are complete again.
        to: DateTime<Utc>,
        /// Why.
        cause: String,
    },
    /// The source is heard.
    SourceLive,
    /// The source fell silent.
    SourceStale {
        /// Why, with what to do if somebody must.
        reason: String,
    },
}

impl Signal {
    /// The signal itself, and whether it is from a history.
    pub(super) fn unwrapped(&self) -> (&Self, bool) {
        match self {
            Self::Replayed(signal) => (signal, true),
            signal => (signal, false),
        }
    }
}

/// Signals that are applied together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// In the order in which the source sent them.
    pub signals: Vec<Signal>,
    /// How far the connector has read, saved in the same transaction. Opaque here.
    pub cursor: Option<String>,
}

impl Batch {
    /// Whether it is from a history. Such batches are committed by themselves, so that the journal can say so.
    pub(super) fn is_replayed(&self) -> bool {
        self.signals.iter().any(|signal| matches!(signal, Signal::Replayed(_)))
    }
}

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

/// Signals that are applied together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// In the order in which the source sent them.
    pub signals: Vec<Signal>,
    /// How far the connector has read, saved in the same transaction. Opaque here.
    pub cursor: Option<String>,
}

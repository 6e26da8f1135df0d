//! The floor as the tests play it: signals, handed to the ingest of a source as a connector does.

use std::time::Duration;

use chrono::{DateTime, Utc};
use model::{LineId, LineState, SourceId, entity::exception_case, store::Lease};
use workflow::{
    Error,
    ingest::{Batch, CounterRole, Handle, Ingest, IngestOptions, Signal, Stamp},
};

use crate::{
    plant::{FLOOR, TEMPERATURE},
    world::World,
};

/// A status that says that nobody can read the sensor (BadSensorFailure).
pub const BAD: u32 = 0x808C_0000;
/// The name of the counter of good pieces.
pub const GOOD_COUNT: &str = "good";

/// The floor of NORD.
#[derive(Clone, Debug)]
pub struct Floor {
    handle: Handle,
    /// The source.
    pub source: SourceId,
    /// The lease under which it writes.
    pub lease: Lease,
}

impl World {
    /// Starts the ingest of NORD's floor. It commits every batch at once and rolls counters up with every batch.
    pub async fn floor(&self) -> Floor {
        let lease = self.lease("floor").await;
        let options =
            IngestOptions { flush_interval: Duration::ZERO, roll_up_interval: Duration::ZERO, ..Default::default() };
        self.floor_under(lease, options)
    }

    /// Starts the ingest of NORD's floor under a lease.
    pub fn floor_under(&self, lease: Lease, options: IngestOptions) -> Floor {
        let source = self.nord.sources[FLOOR];
        let (tracker, cancel) = self.background();
        let handle =
            Ingest::spawn(self.store.clone(), self.live.clone(), source, lease.clone(), options, tracker, cancel);
        Floor { handle, source, lease }
    }

    /// A line that ran an hour ago and has been aborted for half an hour, with the case that this opened.
    pub async fn downtime_case(&self, floor: &Floor, line: LineId) -> exception_case::Model {
        floor
            .send([state(line, LineState::Execute, self.ago(3600)), state(line, LineState::Aborted, self.ago(1800))])
            .await;
        self.fire_due().await;
        self.open_case(line).await.expect("the line is down for longer than its threshold")
    }
}

impl Floor {
    /// Hands signals in as one batch and waits until they are durable.
    pub async fn send(&self, signals: impl IntoIterator<Item = Signal>) {
        self.submit(Batch { signals: signals.into_iter().collect(), cursor: None }).await.unwrap();
    }

    /// Hands a batch in and waits until it is durable, or has failed.
    pub async fn submit(&self, batch: Batch) -> Result<(), Error> {
        self.handle.submit(batch).await?.await.expect("the ingest answers every batch")
    }
}

/// A good reading at a time, reported at once.
pub fn stamp(at: DateTime<Utc>) -> Stamp {
    Stamp { source_time: Some(at), server_time: Some(at), received_time: at, status: 0, overflow: false }
}

/// A line's state.
pub fn state(line: LineId, state: LineState, at: DateTime<Utc>) -> Signal {
    Signal::LineState { line, state: Some(state), raw: state.number(), stamp: stamp(at) }
}

/// A line whose state nobody can read.
pub fn unreadable(line: LineId, at: DateTime<Utc>) -> Signal {
    Signal::LineState { line, state: None, raw: 0, stamp: Stamp { status: BAD, ..stamp(at) } }
}

/// The reading of a line's counter of good pieces.
pub fn good_count(line: LineId, value: u64, at: DateTime<Utc>) -> Signal {
    let (name, role) = (GOOD_COUNT.to_owned(), CounterRole::Good);
    Signal::Counter { line, name, role, value: Some(value), stamp: stamp(at) }
}

/// The reading of a line's temperature.
pub fn temperature(line: LineId, value: f64, at: DateTime<Utc>) -> Signal {
    Signal::Parameter { line, name: TEMPERATURE.to_owned(), value: Some(value), stamp: stamp(at) }
}

/// The order that a line says it runs.
pub fn active_order(line: LineId, number: &str, at: DateTime<Utc>) -> Signal {
    Signal::ActiveOrder { line, number: Some(number.to_owned()), stamp: stamp(at) }
}

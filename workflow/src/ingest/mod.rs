//! Signals of the floor, into the twin.
//!
//! One ingest per source: a bounded queue, then one transaction per 100 ms or 1,000 changes. Every change of state is kept;
//! process values are coalesced per tag, and the trailing value is always kept.

mod alarms;
mod apply;
mod batcher;
mod counter;
mod counting;
mod derive;
mod handle;
mod limits;
mod signal;

pub use apply::SIGNAL_STREAM;
pub use batcher::{Ingest, IngestOptions};
pub use counter::bridge_reset;
pub use derive::{LineEvent, derive_line};
pub use handle::{Handle, Queued};
pub use signal::{AlarmKey, AlarmReport, Batch, CounterRole, Signal, Stamp};

//! Records of systems, as claims side by side, into the twin.
//!
//! Idempotent: a record that was applied changes nothing when it comes again, an older one is counted and ignored,
//! one that can not be applied becomes a dead letter and never stops its neighbours.

mod apply;
mod check;
mod governed;
mod jobs;
mod kinds;
mod letters;
mod pool;
mod record;
mod revise;
mod sweep;
mod syncer;
pub mod vocabulary;
mod world;

pub use record::{Applied, Assertion, Body, Page, Record, Statement, Sweep, Unmapped};
pub(crate) use revise::revise;
pub(crate) use syncer::set_freshness;
pub use syncer::{Change, Preview, Syncer};

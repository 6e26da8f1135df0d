//! Records of systems, as claims side by side, into the twin.
//!
//! Idempotent: a record that was applied changes nothing when it comes again, an older one is counted and ignored,
//! one that can not be applied becomes a dead letter and never stops its neighbours.

mod apply;
mod facts;
mod letters;
mod record;
mod resolve;
mod syncer;
mod told;
pub mod vocabulary;

pub use record::{Applied, Assertion, Body, Page, Record, Statement, Sweep, Unmapped};
pub use syncer::Syncer;
pub(crate) use syncer::set_freshness;

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

pub use record::{Applied, Body, Page, Record};
pub use syncer::Syncer;
pub(crate) use syncer::set_freshness;

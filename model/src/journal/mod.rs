//! The journal: every durable change, once, in the order of commits.
//!
//! Positions are dense because the last thing a transaction does is to lock the one head row; a hash chain makes the rows
//! tamper-evident; a tail keeps the newest in memory and feeds every reader.

mod as_of;
mod chain;
mod cursor;
mod kind;
mod reader;
mod retention;
mod tail;
mod verify;

pub use as_of::AsOf;
pub use chain::row_hash;
pub use cursor::CursorKey;
pub use kind::ChangeKind;
pub use reader::Reader;
pub use tail::{Entry, Journal, JournalOptions};
pub use verify::Verified;

//! From a row of a system to a record of the twin, as the manifest says.
//!
//! A row that can not be read, a status that nobody listed, a number that is none: each becomes a dead letter with the row
//! as it came, and never stops its neighbours.

mod check;
mod crosswalk;
pub mod example;
mod form;
pub(crate) mod format;
mod record;

pub(crate) use self::check::check;
pub use self::{
    crosswalk::Crosswalk,
    record::{Mapped, Mapping},
};

//! What a document may weigh, checked before anything interprets it.
//!
//! The library's own checks walk every spread of a fragment again and again: `fragment F0 { ...F1 ...F1 } …` of one
//! kilobyte keeps a core busy for minutes. Here each fragment is measured once and its measures are multiplied out with
//! saturating arithmetic, so the work is linear in the text.

mod cost;
mod structure;
mod text;

pub(super) use cost::check as check_cost;
pub(super) use structure::check as check_structure;
pub(super) use text::parse;

#[cfg(test)]
pub(super) use structure::steps;

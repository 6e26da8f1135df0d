//! Shared truth: what the systems claim of a subject, side by side, and what the twin concludes from it.

pub mod lines;
mod rules;
mod weigh;

pub use rules::{Rules, Tolerance};
pub use weigh::{Voice, Weighed, floor_claim, tolerances, weigh};

//! Whether the material of each job order is ready: what it is ([`judge`], pure), and the job that keeps it current.
//!
//! It is computed from the bill of material, stock, holds and staging whenever one of these changes, and now and then as the
//! start comes near. Only a job whose readiness became another is written.

mod job;
mod judge;
#[cfg(test)]
mod tests;
mod touched;

pub use job::{ReadinessOptions, spawn};
pub use judge::{Component, Inputs, Judgement, Times, judge};

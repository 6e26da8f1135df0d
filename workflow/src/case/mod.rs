//! Exception cases: the pure machine, and what triggers, timers and tasks do to a case inside a transaction.

pub mod downtime;
mod effect;
mod machine;
mod moves;
mod open;
mod progress;
pub(crate) mod quality_hold;
mod settlement;
pub(crate) mod status_conflict;
pub(crate) mod sync_stopped;
mod task;
mod timer;

pub use effect::{Effect, check_effect, take_effect};
pub use machine::{Event, next};
pub use progress::{arm_verification, command_failed, overdue, progress, prove};
pub use timer::{cancel_timers, set_timer};

pub(crate) use moves::move_case;
pub(crate) use timer::fired;

//! What people ask of the workflow. One commit path for all of it: [`Service::execute`].
//!
//! lock the subject → idempotency key → expected revision → rights, from the database → pure transition → rows → journal → commit

mod acknowledge;
mod commit;
mod decide;
mod evidence;
mod hold;
mod integration;
mod options;
mod outcome;
mod task;
mod text;

pub use acknowledge::AcknowledgeCase;
pub use commit::{Caller, Operation, Service};
pub use decide::{Approval, Decide};
pub use evidence::AddEvidence;
pub use hold::{PlaceHold, ReleaseHold};
pub use integration::{ReplayDeadLetters, ResetStream, ResumeStream, StopCommands};
pub use options::DecisionChoice;
pub use outcome::{Outcome, Refused, Winner};
pub use task::CompleteTask;

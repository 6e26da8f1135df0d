//! Writing back: the actions that a manifest declares, and nothing else.
//!
//! Read in this order: an action as data ([`Action`]), what may happen to one command (`machine`, pure), what an answer means
//! ([`Verdict`]), how one command is driven (`engine`), and the job of a system ([`Sender`]). The way to the system is a
//! [`Transport`]; each kind of system brings its own.
//!
//! A system's own states are never written as raw fields: only what it offers to do is asked for, and a success counts only
//! when the *effects* were read back. The twin then reads them through its feed like any other change.

mod action;
mod engine;
mod gate;
mod machine;
mod preview;
mod sender;
mod transport;
mod verdict;

pub(crate) use self::{action::rules, transport::by_status};
pub use self::{
    action::{Action, Claim, Closure, Compensate, Look, Precheck, Read, Rule, Step},
    gate::Limit,
    machine::Resend,
    preview::{Preview, preview},
    sender::{Did, Options, ReadNow, Sender},
    transport::{Answer, Failure, Intent, Transport},
    verdict::{Meaning, Verdict},
};

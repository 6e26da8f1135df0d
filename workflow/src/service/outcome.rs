//! What a request led to. Expected outcomes are data, not errors.

use chrono::{DateTime, Utc};
use model::{Code, DecisionId, Role};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::rights::Refusal;

/// What a request led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is done and durable.
    Done {
        /// The subject that was asked about: a case or a lot.
        subject: Uuid,
        /// What was made or changed: a task, evidence, a decision, a hold.
        object: Uuid,
    },
    /// It is recorded and waits for more people.
    NeedsApproval {
        /// The case.
        subject: Uuid,
        /// The decision that waits.
        decision: DecisionId,
        /// People who agreed so far.
        approvals: i64,
        /// People who have to agree.
        needed: i64,
        /// Roles that may.
        roles: Vec<Role>,
    },
    /// It was refused; nothing changed.
    Refused(Refused),
    /// Somebody else was first; nothing changed.
    Conflict {
        /// The subject.
        subject: Uuid,
        /// Its present revision.
        revision: i64,
        /// Who was first, where that is known.
        winner: Option<Winner>,
    },
}

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Stable code.
    pub code: Code,
    /// Why, in words that say what to do.
    pub message: String,
    /// The right that is missing.
    pub missing_right: Option<String>,
    /// The roles that have it.
    pub roles: Vec<Role>,
    /// People in the plant who have one of them.
    pub who_can: Vec<String>,
}

/// Who was first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Winner {
    /// Name.
    pub name: String,
    /// What they did.
    pub did: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Outcome {
    /// A refusal that is about the request or the state, not about rights.
    pub fn refused(code: Code, message: impl Into<String>) -> Self {
        Self::Refused(Refused {
            code,
            message: message.into(),
            missing_right: None,
            roles: Vec::new(),
            who_can: Vec::new(),
        })
    }

    /// The same answer for what is absent and what is out of scope.
    pub fn not_found() -> Self {
        Self::refused(Code::NotFound, "there is no such object in your plants")
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Refused {
            code: refusal.code,
            message: refusal.message,
            missing_right: Some(refusal.missing.to_string()),
            roles: refusal.roles,
            who_can: Vec::new(),
        })
    }
}

/// The stored form of a first result: only outcomes with an effect are stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Stored {
    /// Version 1 of the done form.
    DoneV1 { subject: Uuid, object: Uuid },
    /// Version 1 of the waiting form.
    NeedsApprovalV1 { subject: Uuid, decision: DecisionId, approvals: i64, needed: i64, roles: Vec<Role> },
}

impl Stored {
    pub(super) fn of(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Done { subject, object } => Some(Self::DoneV1 { subject: *subject, object: *object }),
            Outcome::NeedsApproval { subject, decision, approvals, needed, roles } => Some(Self::NeedsApprovalV1 {
                subject: *subject,
                decision: *decision,
                approvals: *approvals,
                needed: *needed,
                roles: roles.clone(),
            }),
            Outcome::Refused(_) | Outcome::Conflict { .. } => None,
        }
    }
}

impl From<Stored> for Outcome {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::DoneV1 { subject, object } => Self::Done { subject, object },
            Stored::NeedsApprovalV1 { subject, decision, approvals, needed, roles } => {
                Self::NeedsApproval { subject, decision, approvals, needed, roles }
            }
        }
    }
}

//! What a mutation led to.

use async_graphql::{Context, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use model::{DecisionId, SubjectType};
use workflow::service::{self, Operation, Outcome};

use crate::{
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    node::{self, Node},
    types::CaseDecision,
    words::{self, Role},
};

/// What a mutation led to. All of these are expected; an error is something else.
#[derive(Union)]
pub enum MutationOutcome {
    /// Done.
    Done(Done),
    /// Waits for more people.
    NeedsApproval(NeedsApproval),
    /// Refused.
    Refused(Refused),
    /// Somebody was first.
    Conflict(Conflict),
}

/// It is done and durable.
pub struct Done(GlobalId);

/// It is done and durable.
#[Object]
impl Done {
    /// What was made or changed: a case, a task, evidence, a decision, a hold or a system.
    async fn object(&self, context: &Context<'_>) -> Result<Option<Node>, Error> {
        node::find(context, self.0).await
    }
}

/// It is recorded, and takes effect when enough people agree. They agree by the same mutation with the same option and parameters.
pub struct NeedsApproval {
    decision: DecisionId,
    approvals: i64,
    needed: i64,
    roles: Vec<model::Role>,
}

/// It is recorded, and takes effect when enough people agree. They agree by the same mutation with the same option and parameters.
#[Object]
impl NeedsApproval {
    /// The decision that waits.
    async fn decision(&self, context: &Context<'_>) -> Result<Option<CaseDecision>, Error> {
        Ok(context.loaders().one(self.decision).await?.map(CaseDecision))
    }

    /// People who agreed so far.
    async fn approvals(&self) -> i64 {
        self.approvals
    }

    /// People who have to agree.
    async fn needed(&self) -> i64 {
        self.needed
    }

    /// Roles that may agree.
    async fn roles(&self) -> Vec<Role> {
        words::all(self.roles.iter().copied())
    }
}

/// It was refused; nothing changed.
#[derive(SimpleObject)]
pub struct Refused {
    /// Stable code of the reason.
    code: &'static str,
    /// The reason in words that say what to do.
    message: String,
    /// The right that is missing; null when the reason is another.
    missing_right: Option<String>,
    /// The roles that have the missing right.
    roles: Vec<Role>,
    /// Names of people in your plants who have one of these roles.
    who_can: Vec<String>,
    /// What the code means and what to do next, in Markdown.
    docs: &'static str,
}

/// Somebody else was first; nothing changed. Look at what is there now, then ask again with its revision.
#[derive(SimpleObject)]
pub struct Conflict {
    /// The present revision of what was to be changed.
    revision: i64,
    /// Who was first, where that is known.
    winner: Option<Winner>,
}

/// Who was first.
#[derive(SimpleObject)]
pub struct Winner {
    /// Name.
    name: String,
    /// What they did, such as `RESTART` or `ACKNOWLEDGED`.
    did: String,
    /// When.
    at: DateTime<Utc>,
}

impl MutationOutcome {
    /// What came of a request whose object is of this kind.
    pub fn of(outcome: Outcome, object_type: SubjectType) -> Self {
        match outcome {
            Outcome::Done { object, .. } => Self::Done(Done(GlobalId::new(object_type, object))),
            Outcome::NeedsApproval { decision, approvals, needed, roles, .. } => {
                Self::NeedsApproval(NeedsApproval { decision, approvals, needed, roles })
            }
            Outcome::Refused(refused) => Self::Refused(refused.into()),
            Outcome::Conflict { revision, winner, .. } => {
                Self::Conflict(Conflict { revision, winner: winner.map(Winner::from) })
            }
        }
    }
}

impl From<service::Refused> for Refused {
    fn from(refused: service::Refused) -> Self {
        Self {
            code: refused.code.as_str(),
            message: refused.message,
            missing_right: refused.missing_right,
            roles: words::all(refused.roles),
            who_can: refused.who_can,
            docs: refused.code.page(),
        }
    }
}

impl From<service::Winner> for Winner {
    fn from(winner: service::Winner) -> Self {
        Self { name: winner.name, did: winner.did, at: winner.at }
    }
}

/// Asks the workflow, for the caller.
pub(super) async fn execute<O: Operation>(
    context: &Context<'_>,
    idempotency_key: &str,
    operation: O,
) -> Result<Outcome, Error> {
    Ok(context.service().execute(context.principal(), idempotency_key, operation).await?)
}

//! A decision on a case.

use async_graphql::{Context, Description, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use model::entity::case_decision;
use workflow::{case::Effect, service};

use super::{Case, Line};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    words::{DecisionOption, DecisionState},
};

/// A decision on a case: proposed, approved, in effect or overtaken.
#[derive(Clone, Debug, Description)]
pub struct CaseDecision(pub case_decision::Model);

wraps!(CaseDecision, case_decision);

#[Object(use_type_description)]
impl CaseDecision {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The case.
    async fn case(&self, context: &Context<'_>) -> Result<Case, Error> {
        context.loaders().required(self.0.case_id).await.map(Case)
    }

    /// What was decided.
    async fn option(&self) -> DecisionOption {
        self.0.option.into()
    }

    /// The line that takes the order over; null unless this is RESEQUENCE_ORDER.
    async fn target_line(&self, context: &Context<'_>) -> Result<Option<Line>, Error> {
        let effect: Effect = serde_json::from_str(&self.0.parameters)
            .map_err(|_| Error::broken("the parameters of a decision can not be read"))?;
        match effect.target_line {
            Some(line) => Ok(context.loaders().one(line).await?.map(Line)),
            None => Ok(None),
        }
    }

    /// Why, in the words of who proposed it.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// State.
    async fn state(&self) -> DecisionState {
        self.0.state.into()
    }

    /// Who agreed, the proposer first. Each is another person.
    async fn approvals(&self) -> Result<Vec<Approval>, Error> {
        let approvals: Vec<service::Approval> = serde_json::from_str(&self.0.approvals)
            .map_err(|_| Error::broken("the approvals of a decision can not be read"))?;
        Ok(approvals.into_iter().map(|approval| Approval { name: approval.name, at: approval.at }).collect())
    }

    /// How many distinct people it needs, the proposer included.
    async fn approvals_needed(&self) -> i64 {
        self.0.approvals_needed
    }

    /// Version of the table of rights that judged it.
    async fn policy_version(&self) -> &str {
        &self.0.policy_version
    }

    /// The row of the table that allowed it.
    async fn policy_row(&self) -> &str {
        &self.0.policy_row
    }

    /// When it was proposed.
    async fn proposed_at(&self) -> DateTime<Utc> {
        self.0.proposed_at
    }

    /// When it took effect; null while it has not.
    async fn effective_at(&self) -> Option<DateTime<Utc>> {
        self.0.effective_at
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// One person who agreed to a decision.
#[derive(SimpleObject)]
pub struct Approval {
    /// Name of the person.
    name: String,
    /// When.
    at: DateTime<Utc>,
}

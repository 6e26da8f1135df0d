//! A step of a case.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::case_transition;

use super::Case;
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    words::CaseState,
};

/// One step of a case from state to state.
#[derive(Clone, Debug, Description)]
pub struct CaseTransition(pub case_transition::Model);

wraps!(CaseTransition, case_transition);

#[Object(use_type_description)]
impl CaseTransition {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The case.
    async fn case(&self, context: &Context<'_>) -> Result<Case, Error> {
        context.loaders().required(self.0.case_id).await.map(Case)
    }

    /// The revision of the case that the step made.
    async fn case_revision(&self) -> i64 {
        self.0.case_revision
    }

    /// The state before.
    async fn from(&self) -> CaseState {
        self.0.from_state.into()
    }

    /// The state after.
    async fn to(&self) -> CaseState {
        self.0.to_state.into()
    }

    /// What caused it, such as `CONTAINED` or `RECURRED`.
    async fn event(&self) -> &str {
        &self.0.event
    }

    /// The account, or the job of plantgraph as `system:…`, that caused it.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}

//! A contradiction that somebody accepted.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::accepted_difference;

use super::{Case, CaseDecision, SourceSystem};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{GlobalId, Identified, wraps},
    node::{self, Node},
};

/// A contradiction between systems that somebody accepted, with a reason and until a time.
#[derive(Clone, Debug, Description)]
pub struct AcceptedDifference(pub accepted_difference::Model);

wraps!(AcceptedDifference, accepted_difference);

#[Object(use_type_description)]
impl AcceptedDifference {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// What the systems differ about.
    async fn subject(&self, context: &Context<'_>) -> Result<Option<Node>, Error> {
        node::find(context, GlobalId::new(self.0.subject_type, self.0.subject_id)).await
    }

    /// The attribute on which they differ.
    async fn attribute(&self) -> &str {
        &self.0.attribute
    }

    /// The system whose claim counts meanwhile; null leaves the choice to the rule.
    async fn chosen_source(&self, context: &Context<'_>) -> Result<Option<SourceSystem>, Error> {
        context.loaders().maybe(self.0.chosen_source).await.map(|row| row.map(SourceSystem))
    }

    /// Why it was accepted.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Name of who accepted it.
    async fn accepted_by(&self) -> &str {
        &self.0.accepted_by
    }

    /// When the acceptance ends by itself.
    async fn until(&self) -> DateTime<Utc> {
        self.0.until
    }

    /// The case it was decided in.
    async fn case(&self, context: &Context<'_>) -> Result<Option<Case>, Error> {
        context.loaders().maybe(self.0.case_id).await.map(|row| row.map(Case))
    }

    /// The decision.
    async fn decision(&self, context: &Context<'_>) -> Result<Option<CaseDecision>, Error> {
        context.loaders().maybe(self.0.decision_id).await.map(|row| row.map(CaseDecision))
    }

    /// When it ended; null while it counts.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

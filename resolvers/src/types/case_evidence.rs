//! A piece of evidence.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::case_evidence;

use super::{Case, CaseTask, Quantity};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    words::EvidenceKind,
};

/// A piece of evidence of a case. Evidence is only ever added.
#[derive(Clone, Debug, Description)]
pub struct CaseEvidence(pub case_evidence::Model);

wraps!(CaseEvidence, case_evidence);

#[Object(use_type_description)]
impl CaseEvidence {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The case.
    async fn case(&self, context: &Context<'_>) -> Result<Case, Error> {
        context.loaders().required(self.0.case_id).await.map(Case)
    }

    /// The task that it belongs to; null if it belongs to the case as a whole.
    async fn task(&self, context: &Context<'_>) -> Result<Option<CaseTask>, Error> {
        match self.0.task_id {
            Some(task) => Ok(context.loaders().one(task).await?.map(CaseTask)),
            None => Ok(None),
        }
    }

    /// Kind.
    async fn kind(&self) -> EvidenceKind {
        self.0.kind.into()
    }

    /// What was seen, or the reference.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// The measured value; null unless this is a MEASUREMENT.
    async fn measurement(&self) -> Option<Quantity> {
        let (value, unit) = self.0.value.zip(self.0.unit.as_deref())?;
        Some(Quantity::new(value, unit))
    }

    /// Name of who added it.
    async fn added_by(&self) -> &str {
        &self.0.added_by
    }

    /// When it was added.
    async fn added_at(&self) -> DateTime<Utc> {
        self.0.added_at
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

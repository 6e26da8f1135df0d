//! A task of a case.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::case_task;

use super::{Case, CaseEvidence};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::EvidenceOf,
    words::{EvidenceKind, Role, TaskPurpose, TaskState},
};

/// A task of a case.
#[derive(Clone, Debug, Description)]
pub struct CaseTask(pub case_task::Model);

wraps!(CaseTask, case_task);

#[Object(use_type_description)]
impl CaseTask {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The case.
    async fn case(&self, context: &Context<'_>) -> Result<Case, Error> {
        context.loaders().required(self.0.case_id).await.map(Case)
    }

    /// What it is for.
    async fn purpose(&self) -> TaskPurpose {
        self.0.purpose.into()
    }

    /// What to do.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The role that does it.
    async fn owner_role(&self) -> Role {
        self.0.owner_role.into()
    }

    /// Kind of the evidence that must be there to complete it; null if none is needed.
    async fn evidence_required(&self) -> Option<EvidenceKind> {
        self.0.evidence_required.map(EvidenceKind::from)
    }

    /// Its evidence, oldest first.
    async fn evidence(&self, context: &Context<'_>) -> Result<Vec<CaseEvidence>, Error> {
        let rows = context.loaders().many(EvidenceOf(self.0.case_id)).await?;
        Ok(rows.into_iter().filter(|row| row.task_id == Some(self.0.id)).map(CaseEvidence).collect())
    }

    /// State.
    async fn state(&self) -> TaskState {
        self.0.state.into()
    }

    /// Name of who did it.
    async fn done_by(&self) -> Option<&str> {
        self.0.done_by.as_deref()
    }

    /// When it was done.
    async fn done_at(&self) -> Option<DateTime<Utc>> {
        self.0.done_at
    }

    /// Its place among the tasks of the case, from 1.
    async fn position(&self) -> i64 {
        self.0.position
    }

    /// Counts the changes of this object, from 1. `completeTask` expects it.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

//! Completing a task.

use model::{
    CaseId, Code, TaskId, TaskPurpose, TaskState,
    entity::{case_task, exception_case},
    journal::ChangeKind,
    store::Tx,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    case::{Event, move_case, progress},
    error::Error,
    rights::Capability,
    service::{Caller, Operation, Outcome, outcome::Winner},
};

/// Completes a task of a case.
#[derive(Debug, Serialize)]
pub struct CompleteTask {
    /// The case.
    pub case: CaseId,
    /// The task.
    pub task: TaskId,
    /// The revision of the task that the caller saw.
    pub expected_revision: i64,
}

impl Operation for CompleteTask {
    const NAME: &'static str = "completeTask";
    type Locked = exception_case::Entity;

    fn subject(&self) -> Uuid {
        self.case.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, case: exception_case::Model) -> Result<Outcome, Error> {
        if let Err(refusal) = caller.may(Capability::CompleteTask, case.plant_id, &[]) {
            return Ok(refusal.into());
        }
        let Some(task) = tx.job_lock::<case_task::Entity>(self.task.0).await?.filter(|task| task.case_id == case.id)
        else {
            return Ok(Outcome::not_found());
        };
        if task.revision != self.expected_revision {
            let winner = task.done_at.zip(task.done_by.clone()).map(|(at, name)| Winner {
                name,
                did: task.state.to_string(),
                at,
            });
            return Ok(Outcome::Conflict { subject: task.id.0, revision: task.revision, winner });
        }
        if task.state != TaskState::Open || !case.state.is_open() {
            return Ok(Outcome::refused(
                Code::InvalidState,
                format!("the task is {} and the case {}; only an open task can be completed", task.state, case.state),
            ));
        }
        if let Some(kind) = task.evidence_required
            && !tx.job_evidence(task.id).await?.iter().any(|evidence| evidence.kind == kind)
        {
            return Ok(Outcome::refused(
                Code::EvidenceMissing,
                format!("the task needs evidence of kind {kind}: add it with addEvidence, then complete the task"),
            ));
        }
        let after = case_task::Model {
            state: TaskState::Done,
            done_by: Some(caller.principal.name.clone()),
            done_by_person: Some(caller.principal.person.clone()),
            done_at: Some(tx.at()),
            ..task.clone()
        };
        tx.update::<case_task::Entity>(&task, after, ChangeKind::TaskDone).await?;
        let case = match task.purpose {
            TaskPurpose::Triage => move_case(tx, &case, Event::Contained).await?.unwrap_or(case),
            TaskPurpose::Maintenance | TaskPurpose::RestartCheck => case,
        };
        let case = progress(tx, case).await?;
        Ok(Outcome::Done { subject: case.id.0, object: task.id.0 })
    }
}

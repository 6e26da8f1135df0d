//! Tasks of a case.

use model::{
    EvidenceKind, Role, TaskId, TaskPurpose, TaskState,
    entity::{case_task, exception_case},
    journal::ChangeKind,
    store::Tx,
};

use crate::error::Error;

/// Adds a task behind the others.
pub(crate) async fn add_task(
    tx: &mut Tx,
    case: &exception_case::Model,
    purpose: TaskPurpose,
    title: &str,
    owner_role: Role,
    evidence_required: Option<EvidenceKind>,
) -> Result<(), Error> {
    let position = tx.job_tasks(case.id).await?.last().map_or(1, |task| task.position + 1);
    let row = case_task::Model {
        id: TaskId::new(),
        plant_id: case.plant_id,
        case_id: case.id,
        purpose,
        title: title.to_owned(),
        owner_role,
        evidence_required,
        state: TaskState::Open,
        done_by: None,
        done_by_person: None,
        done_at: None,
        position,
        revision: 0,
    };
    tx.create::<case_task::Entity>(row, ChangeKind::Created).await?;
    Ok(())
}

/// Cancels the open tasks of a case: it ends, or a rework loop begins with fresh ones.
pub(super) async fn cancel_tasks(tx: &mut Tx, case: &exception_case::Model) -> Result<(), Error> {
    for task in tx.job_tasks(case.id).await? {
        if task.state == TaskState::Open {
            let after = case_task::Model { state: TaskState::Cancelled, ..task.clone() };
            tx.update::<case_task::Entity>(&task, after, ChangeKind::TaskCancelled).await?;
        }
    }
    Ok(())
}

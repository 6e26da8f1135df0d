//! What people ask in the tests, in few words, and reading the answers.

use model::{
    DecisionOption, EvidenceKind, LineId, TaskState,
    entity::{case_task, exception_case, hold, material_lot},
};
use uuid::Uuid;
use workflow::{
    case::Effect,
    service::{AcknowledgeCase, AddEvidence, CompleteTask, Decide, Outcome, PlaceHold, Refused, ReleaseHold, Winner},
};

use crate::world::World;

/// Takes a case as it is.
pub fn acknowledge(case: &exception_case::Model) -> AcknowledgeCase {
    AcknowledgeCase { case: case.id, expected_revision: case.revision }
}

/// Decides an option on a case as it is.
pub fn decide(case: &exception_case::Model, option: DecisionOption) -> Decide {
    Decide {
        case: case.id,
        expected_revision: case.revision,
        option,
        effect: Effect::default(),
        reason: "it is the best for the line".to_owned(),
    }
}

/// Moves the case's order to another line.
pub fn resequence(case: &exception_case::Model, target: LineId) -> Decide {
    Decide {
        effect: Effect { target_line: Some(target), ..Effect::default() },
        ..decide(case, DecisionOption::ResequenceOrder)
    }
}

/// Places a hold on a lot as it is.
pub fn place_hold(lot: &material_lot::Model) -> PlaceHold {
    PlaceHold { lot: lot.id, expected_revision: lot.revision, reason: "metal found".to_owned() }
}

/// Releases a hold as it is.
pub fn release_hold(hold: &hold::Model) -> ReleaseHold {
    ReleaseHold { lot: hold.lot_id, hold: hold.id, expected_revision: hold.revision, reason: "examined".to_owned() }
}

/// Words as evidence of a task.
pub fn evidence(task: &case_task::Model) -> AddEvidence {
    AddEvidence {
        case: task.case_id,
        task: Some(task.id),
        kind: EvidenceKind::Text,
        text: "a bolt was loose; tightened".to_owned(),
        value: None,
        unit: None,
    }
}

/// Completes a task as it is.
pub fn complete(task: &case_task::Model) -> CompleteTask {
    CompleteTask { case: task.case_id, task: task.id, expected_revision: task.revision }
}

/// The object of what was done.
///
/// # Panics
/// When it was not done.
#[track_caller]
pub fn done(outcome: &Outcome) -> Uuid {
    match outcome {
        Outcome::Done { object, .. } => *object,
        other => panic!("expected it to be done, got {other:?}"),
    }
}

/// The refusal.
#[track_caller]
pub fn refused(outcome: &Outcome) -> &Refused {
    match outcome {
        Outcome::Refused(refused) => refused,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Who was first, from a conflict.
#[track_caller]
pub fn conflict(outcome: &Outcome) -> Option<&Winner> {
    match outcome {
        Outcome::Conflict { winner, .. } => winner.as_ref(),
        other => panic!("expected a conflict, got {other:?}"),
    }
}

/// How many agreed so far to what waits for approval.
#[track_caller]
pub fn waits(outcome: &Outcome) -> i64 {
    match outcome {
        Outcome::NeedsApproval { approvals, .. } => *approvals,
        other => panic!("expected it to wait for approval, got {other:?}"),
    }
}

impl World {
    /// The open tasks of a case, in their order.
    pub async fn open_tasks(&self, case: &exception_case::Model) -> Vec<case_task::Model> {
        let mut tasks = self.view().tasks_of(&[case.id]).await.unwrap();
        tasks.retain(|task| task.state == TaskState::Open);
        tasks.sort_by_key(|task| task.position);
        tasks
    }

    /// Does all open tasks of a case, with evidence where it is asked for; returns the case after.
    pub async fn do_tasks(&self, account: &str, case: &exception_case::Model) -> exception_case::Model {
        for task in self.open_tasks(case).await {
            if task.evidence_required.is_some() {
                done(&self.ask(account, evidence(&task)).await);
            }
            done(&self.ask(account, complete(&task)).await);
        }
        self.case(case.id).await
    }

    /// Decides an option on a case and returns the case after.
    pub async fn decided(
        &self,
        account: &str,
        case: &exception_case::Model,
        option: DecisionOption,
    ) -> exception_case::Model {
        done(&self.ask(account, decide(case, option)).await);
        self.case(case.id).await
    }
}

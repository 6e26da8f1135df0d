//! Cases: steps without holes, at most one terminal decision between two rework loops, distinct people.

use std::collections::BTreeSet;

use model::{
    CaseClass, CaseState, DecisionState, TaskState,
    entity::{
        case_decision, case_task, case_transition,
        command::{self, CommandState},
        exception_case,
        timer::{self, TimerState},
    },
};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};
use workflow::service::Approval;

pub(super) async fn check(connection: &DatabaseConnection) {
    for case in exception_case::Entity::find().all(connection).await.unwrap() {
        let loops = check_steps(&case, connection).await;
        check_decisions(&case, &loops, connection).await;
        if case.state == CaseState::Closed {
            check_closed(&case, connection).await;
        }
    }
}

/// The steps lead from DETECTED to where the case is. Returns, for each stretch between rework loops, how often it was
/// decided.
async fn check_steps(case: &exception_case::Model, connection: &DatabaseConnection) -> Vec<usize> {
    let steps = case_transition::Entity::find()
        .filter(case_transition::Column::CaseId.eq(case.id))
        .order_by_asc(case_transition::Column::CaseRevision)
        .all(connection)
        .await
        .unwrap();
    let (mut state, mut revision, mut decided) = (CaseState::Detected, 1, vec![0]);
    for step in &steps {
        assert_eq!(step.from_state, state, "a step begins where the last ended: {step:?}");
        assert!(
            step.case_revision > revision && step.case_revision <= case.revision,
            "one step, one revision: {step:?}"
        );
        (state, revision) = (step.to_state, step.case_revision);
        match step.event.as_str() {
            "DECIDED" => *decided.last_mut().unwrap() += 1,
            "RECURRED" | "FAILED" => decided.push(0),
            _ => {}
        }
    }
    assert_eq!(case.state, state, "the steps lead to where the case is");
    assert_eq!(decided.len() as i64, case.rework_loops + 1);
    assert!(decided.iter().all(|count| *count <= 1), "at most one terminal decision between rework loops: {decided:?}");
    decided
}

async fn check_decisions(case: &exception_case::Model, decided: &[usize], connection: &DatabaseConnection) {
    let decisions =
        case_decision::Entity::find().filter(case_decision::Column::CaseId.eq(case.id)).all(connection).await.unwrap();
    for decision in &decisions {
        let approvals: Vec<Approval> = serde_json::from_str(&decision.approvals).unwrap();
        let people: BTreeSet<_> = approvals.iter().map(|approval| &approval.person).collect();
        assert_eq!(people.len(), approvals.len(), "one person, one pair of eyes: {decision:?}");
        let enough = approvals.len() as i64 >= decision.approvals_needed;
        match decision.state {
            DecisionState::Effective => assert!(enough, "in effect without enough people: {decision:?}"),
            DecisionState::PendingApproval => assert!(!enough, "pending with all approvals stored: {decision:?}"),
            DecisionState::Superseded => {}
        }
    }
    // A hold is released, not decided about.
    if case.class == CaseClass::QualityHold {
        return;
    }
    let terminal =
        |decision: &&case_decision::Model| decision.state == DecisionState::Effective && decision.option.is_terminal();
    assert_eq!(
        decisions.iter().filter(terminal).count(),
        decided.iter().sum::<usize>(),
        "each terminal decision is a step"
    );
}

/// Nothing hangs on a closed case.
async fn check_closed(case: &exception_case::Model, connection: &DatabaseConnection) {
    // What ends by itself, and a hold that is released, close without a decision; whatever was decided is proved.
    let without = case.decision.is_none() && case.class != CaseClass::Downtime;
    let proved = case.verified_at.is_some() && (case.decision.is_some() || case.class == CaseClass::QualityHold);
    assert!(case.closed_at.is_some() && (proved || without), "closed unproved: {case:?}");
    let timers = timer::Entity::find().filter(timer::Column::CaseId.eq(case.id)).all(connection).await.unwrap();
    assert!(timers.iter().all(|timer| timer.state != TimerState::Pending), "a timer of a closed case is pending");
    let tasks = case_task::Entity::find().filter(case_task::Column::CaseId.eq(case.id)).all(connection).await.unwrap();
    assert!(tasks.iter().all(|task| task.state != TaskState::Open), "a task of a closed case is open: {tasks:?}");
    // A command that failed belongs to an earlier loop.
    let decision = case_decision::Entity::find()
        .filter(case_decision::Column::CaseId.eq(case.id))
        .filter(case_decision::Column::State.eq(DecisionState::Effective))
        .order_by_desc(case_decision::Column::EffectiveAt)
        .one(connection)
        .await
        .unwrap();
    if case.class == CaseClass::QualityHold {
        // What was withdrawn before it was sent, or failed, stands in the case; what gives the lot free was read back.
        return;
    }
    let commands = command::Entity::find()
        .filter(command::Column::CaseId.eq(case.id))
        .filter(command::Column::DecisionId.eq(decision.map(|decision| decision.id)))
        .all(connection)
        .await
        .unwrap();
    assert!(commands.iter().all(|command| command.state == CommandState::Verified), "closed on an unverified command");
}

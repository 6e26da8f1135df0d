//! What a decision does.

use model::{
    CommandId, DecisionOption, EvidenceKind, LineId, Role, SourceKind, SubjectType, TaskPurpose, TaskState,
    entity::{
        case_decision,
        command::{self, CommandState},
        exception_case, line, source_system,
        timer::TimerKind,
    },
    journal::ChangeKind,
    store::Tx,
};
use serde::{Deserialize, Serialize};

use crate::{
    case::{
        downtime,
        machine::Event,
        moves::{move_case, move_case_with},
        progress::progress,
        task::add_task,
        timer::cancel_timers,
    },
    commands::RESEQUENCE,
    error::Error,
};

/// What a decision needs besides its name. Approvers approve exactly this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The line that takes the order over (`RESEQUENCE_ORDER`).
    pub target_line: Option<LineId>,
}

/// Why an effect is not possible, in words.
pub type Impossible = String;

/// Whether the effect is possible now. Writes nothing.
pub async fn check_effect(
    tx: &Tx,
    case: &exception_case::Model,
    option: DecisionOption,
    effect: Effect,
) -> Result<Result<(), Impossible>, Error> {
    let problem = match option {
        DecisionOption::Restart => None,
        DecisionOption::CallMaintenance => {
            let called = tx
                .job_tasks(case.id)
                .await?
                .into_iter()
                .any(|task| task.purpose == TaskPurpose::Maintenance && task.state == TaskState::Open);
            called.then(|| "maintenance is called already; see the open task".to_owned())
        }
        DecisionOption::ResequenceOrder => resequence_problem(tx, case, effect).await?,
    };
    Ok(problem.map_or(Ok(()), Err))
}

async fn resequence_problem(
    tx: &Tx,
    case: &exception_case::Model,
    effect: Effect,
) -> Result<Option<Impossible>, Error> {
    let Some(target) = effect.target_line else {
        return Ok(Some("RESEQUENCE_ORDER needs targetLine: the line that takes the order over".into()));
    };
    let target = tx.job_find::<line::Entity>(target.0).await?.filter(|line| line.plant_id == case.plant_id);
    Ok(match target {
        None => Some("targetLine is not a line of this plant".into()),
        Some(target) if Some(target.id) == case.line_id => Some("targetLine is the line that is down".into()),
        Some(_) if case.order_id.is_none() => Some("no order ran on the line, so there is none to move".into()),
        Some(_) => match planning_system(tx, case).await? {
            Some(_) => None,
            None => Some("no ERP knows this order, so nobody can be told to move it".into()),
        },
    })
}

/// The ERP that plans the case's order, with its own id of it.
async fn planning_system(
    tx: &Tx,
    case: &exception_case::Model,
) -> Result<Option<(source_system::Model, String)>, Error> {
    let Some(order) = case.order_id else { return Ok(None) };
    for reference in tx.job_references_of(order.0).await? {
        let source = tx.job_find::<source_system::Entity>(reference.source_id.0).await?;
        if let Some(source) = source
            .filter(|source| source.kind == SourceKind::Erp && reference.subject_type == SubjectType::ProductionOrder)
        {
            return Ok(Some((source, reference.external_id)));
        }
    }
    Ok(None)
}

/// Carries out a decision that is approved. The case is locked.
pub async fn take_effect(
    tx: &mut Tx,
    case: exception_case::Model,
    decision: &case_decision::Model,
    deciders: &str,
) -> Result<exception_case::Model, Error> {
    let effect: Effect = serde_json::from_str(&decision.parameters)?;
    if !decision.option.is_terminal() {
        return call_maintenance(tx, case).await;
    }
    let decided = move_case_with(tx, &case, Event::Decided, |case| {
        case.decision = Some(decision.option);
        case.decided_by = Some(deciders.to_owned());
    });
    let decided = decided.await?.ok_or(Error::Missing { what: "open case", id: case.id.0 })?;
    let Some(started) = move_case(tx, &decided, Event::Started).await? else { return Ok(decided) };
    cancel_timers(tx, started.id, Some(TimerKind::Acknowledge)).await?;
    if decision.option == DecisionOption::ResequenceOrder {
        command_resequence(tx, &started, decision, effect).await?;
    }
    add_task(tx, &started, TaskPurpose::RestartCheck, "Guards closed, nobody at the line", downtime::OWNER, None)
        .await?;
    let cause = "Cause removed: say what was wrong and what was done";
    add_task(tx, &started, TaskPurpose::RestartCheck, cause, downtime::OWNER, Some(EvidenceKind::Text)).await?;
    progress(tx, started).await
}

async fn call_maintenance(tx: &mut Tx, case: exception_case::Model) -> Result<exception_case::Model, Error> {
    add_task(
        tx,
        &case,
        TaskPurpose::Maintenance,
        "Come to the line and find the cause",
        Role::MaintenanceLead,
        Some(EvidenceKind::Text),
    )
    .await?;
    Ok(move_case(tx, &case, Event::Contained).await?.unwrap_or(case))
}

async fn command_resequence(
    tx: &mut Tx,
    case: &exception_case::Model,
    decision: &case_decision::Model,
    effect: Effect,
) -> Result<(), Error> {
    let (Some((source, external_id)), Some(order), Some(target)) =
        (planning_system(tx, case).await?, case.order_id, effect.target_line)
    else {
        return Err(Error::Missing { what: "planning system of case", id: case.id.0 });
    };
    let target = tx.job_find::<line::Entity>(target.0).await?.ok_or(Error::Missing { what: "line", id: target.0 })?;
    let payload = serde_json::json!({ "externalId": external_id, "line": target.code });
    let row = command::Model {
        id: CommandId::new(),
        plant_id: case.plant_id,
        case_id: Some(case.id),
        decision_id: Some(decision.id),
        source_id: source.id,
        action: RESEQUENCE.to_owned(),
        subject_id: order.0,
        payload: payload.to_string(),
        state: CommandState::Pending,
        attempts: 0,
        leased_until: None,
        outcome: None,
        changed_at: tx.at(),
        hold_id: None,
        revision: 0,
    };
    tx.create::<command::Entity>(row, ChangeKind::Created).await?;
    Ok(())
}

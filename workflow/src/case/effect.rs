//! What a decision does.

use chrono::{DateTime, Utc};
use model::{
    DecisionOption, EvidenceKind, LineId, Role, SourceId, SourceKind, TaskPurpose, TaskState,
    entity::{
        case_decision, command::Action, exception_case, external_reference, line, production_order, source_system,
        timer::TimerKind,
    },
    store::Tx,
};
use serde::{Deserialize, Serialize};

use crate::{
    case::{
        downtime,
        machine::Event,
        moves::{move_case, move_case_with},
        progress::progress,
        settlement, sync_stopped,
        task::add_task,
        timer::cancel_timers,
    },
    error::Error,
};

/// What a decision needs besides its name. Approvers approve exactly this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The line that takes the order over (`RESEQUENCE_ORDER`).
    #[serde(default)]
    pub target_line: Option<LineId>,
    /// The system whose claim is accepted (`ACCEPT_CLAIM`), or that is corrected (`CORRECT_SOURCE`).
    #[serde(default)]
    pub source: Option<SourceId>,
    /// Until when a difference is accepted.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
}

/// Why an effect is not possible, in words.
pub type Impossible = String;

/// Whether the effect is possible now. Decides nothing.
pub async fn check_effect(
    tx: &mut Tx,
    case: &exception_case::Model,
    option: DecisionOption,
    effect: Effect,
) -> Result<Result<(), Impossible>, Error> {
    if !DecisionOption::of(case.class).contains(&option) {
        let options: Vec<_> = DecisionOption::of(case.class).iter().map(|option| option.as_str()).collect();
        let problem = format!("{option} is no decision about a {}; decide {}", case.class, options.join(" or "));
        return Ok(Err(problem));
    }
    let problem = match option {
        DecisionOption::Restart | DecisionOption::ResumeSync => None,
        DecisionOption::AcceptClaim | DecisionOption::CorrectSource | DecisionOption::AcceptDifference => {
            settlement::problem(tx, case, option, effect).await?
        }
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
            None => Some("no ERP that knows this order can be told to move it".into()),
        },
    })
}

/// The ERP that plans the case's order, with its own id of it.
async fn planning_system(
    tx: &Tx,
    case: &exception_case::Model,
) -> Result<Option<(source_system::Model, external_reference::Model)>, Error> {
    let Some(order) = case.order_id else { return Ok(None) };
    for reference in tx.job_references_of(order.0).await? {
        let source = tx.job_find::<source_system::Entity>(reference.source_id.0).await?;
        let plans = |source: &source_system::Model| {
            source.kind == SourceKind::Erp
                && reference.absent_since.is_none()
                && settlement::can(source, Action::Resequence)
        };
        if let Some(source) = source.filter(plans) {
            return Ok(Some((source, reference)));
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
    match decision.option {
        DecisionOption::AcceptClaim | DecisionOption::CorrectSource | DecisionOption::AcceptDifference => {
            settlement::take_effect(tx, &started, decision, effect, deciders).await?;
            return progress(tx, started).await;
        }
        DecisionOption::ResumeSync => {
            sync_stopped::resume(tx, &started).await?;
            return progress(tx, started).await;
        }
        DecisionOption::ResequenceOrder => command_resequence(tx, &started, decision, effect).await?,
        DecisionOption::Restart | DecisionOption::CallMaintenance => {}
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
    let (Some((source, reference)), Some(order), Some(target)) =
        (planning_system(tx, case).await?, case.order_id, effect.target_line)
    else {
        return Err(Error::Missing { what: "planning system of case", id: case.id.0 });
    };
    let target = tx.job_find::<line::Entity>(target.0).await?.ok_or(Error::Missing { what: "line", id: target.0 })?;
    let number = tx.job_find::<production_order::Entity>(order.0).await?.map(|order| order.number);
    let payload = serde_json::json!({
        "externalModel": reference.external_model,
        "externalId": reference.external_id,
        "version": reference.source_version,
        "number": number,
        "reason": decision.reason,
        "line": target.code,
    });
    settlement::command(tx, case, decision, source, Action::Resequence, order.0, &payload).await
}

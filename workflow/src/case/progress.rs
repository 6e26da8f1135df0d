//! From a decision to the proof that it worked.

use chrono::TimeDelta;
use model::{
    CaseClass, CaseState, EvidenceKind, TaskPurpose, TaskState,
    entity::{
        command::{self, CommandState},
        exception_case, line,
        timer::TimerKind,
    },
    store::Tx,
};

use crate::{
    case::{
        machine::Event,
        moves::move_case,
        quality_hold, settlement,
        task::{add_task, cancel_tasks},
        timer::{cancel_timers, set_timer},
    },
    error::Error,
};

/// How long what was decided may take to come back through the systems' own records. A batch cycle is minutes.
const SHOWS_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// Moves a case on when its work is done: every check, and every command read back. The case is locked.
pub async fn progress(tx: &mut Tx, case: exception_case::Model) -> Result<exception_case::Model, Error> {
    if case.class == CaseClass::QualityHold && case.state == CaseState::Assigned {
        return quality_hold::contain(tx, case).await;
    }
    if case.state != CaseState::Executing || !is_executed(tx, &case).await? {
        return Ok(case);
    }
    let Some(case) = move_case(tx, &case, Event::Executed).await? else { return Ok(case) };
    match case.class {
        CaseClass::Downtime => {}
        CaseClass::StatusConflict | CaseClass::QualityHold | CaseClass::SyncStopped => {
            let due = tx.at() + SHOWS_WITHIN;
            set_timer(tx, case.plant_id, TimerKind::Verify, None, Some(case.id), due).await?;
            prove(tx, &case).await?;
            return Ok(tx.job_find::<exception_case::Entity>(case.id.0).await?.unwrap_or(case));
        }
    }
    if let Some(line) = line_of(tx, &case).await? {
        arm_verification(tx, &case, &line).await?;
    }
    Ok(case)
}

async fn is_executed(tx: &Tx, case: &exception_case::Model) -> Result<bool, Error> {
    let tasks = tx.job_tasks(case.id).await?;
    let checks_done =
        tasks.iter().all(|task| task.purpose != TaskPurpose::RestartCheck || task.state != TaskState::Open);
    // Commands of a decision that failed belong to an earlier loop.
    let decision = tx.job_last_effective_decision(case.id).await?.map(|decision| decision.id);
    let commands = tx.job_commands_of(case.id).await?;
    if case.class == CaseClass::QualityHold {
        return Ok(quality_hold::is_free(&commands));
    }
    let verified = commands
        .iter()
        .filter(|command| command.decision_id == decision)
        .all(|command| command.state == CommandState::Verified);
    Ok(checks_done && verified)
}

/// A command did not do what was decided, or nobody knows whether it did: a person looks, and decides again. The case is locked.
pub async fn command_failed(tx: &mut Tx, case: &exception_case::Model, command: &command::Model) -> Result<(), Error> {
    let is_containment = case.class == CaseClass::QualityHold && case.state == CaseState::Assigned;
    let case = match move_case(tx, case, Event::Failed).await? {
        Some(case) => {
            cancel_tasks(tx, &case).await?;
            case
        }
        None if is_containment => case.clone(),
        None => return Ok(()),
    };
    let outcome = command.outcome.as_deref().unwrap_or("no answer");
    let title = format!("{} is {}: {outcome}. Look into the system, then decide again", command.action, command.state);
    add_task(tx, &case, TaskPurpose::Triage, &title, case.owner_role, Some(EvidenceKind::Text)).await
}

/// Sets the timer that proves the effect: the line has to run for its verification time without a break.
pub async fn arm_verification(tx: &mut Tx, case: &exception_case::Model, line: &line::Model) -> Result<(), Error> {
    cancel_timers(tx, case.id, Some(TimerKind::Verify)).await?;
    match line.executing_since {
        Some(since) => {
            let due = since + TimeDelta::milliseconds(line.verify_for_ms);
            set_timer(tx, case.plant_id, TimerKind::Verify, None, Some(case.id), due).await
        }
        None => Ok(()),
    }
}

/// Closes a case if its effect is proved; the closure is a predicate over the twin, not the timer's word. The case is locked.
pub async fn prove(tx: &mut Tx, case: &exception_case::Model) -> Result<(), Error> {
    if case.state != CaseState::Verifying {
        return Ok(());
    }
    match case.class {
        CaseClass::Downtime => {}
        CaseClass::StatusConflict => return settlement::prove(tx, case).await,
        CaseClass::QualityHold | CaseClass::SyncStopped => return close(tx, case).await,
    }
    let Some(line) = line_of(tx, case).await? else { return Ok(()) };
    let proved =
        line.executing_since.is_some_and(|since| since + TimeDelta::milliseconds(line.verify_for_ms) <= tx.at());
    if proved {
        return close(tx, case).await;
    }
    arm_verification(tx, case, &line).await
}

/// Closes a case whose effect is proved.
async fn close(tx: &mut Tx, case: &exception_case::Model) -> Result<(), Error> {
    move_case(tx, case, Event::Proved).await?;
    // Triage or maintenance may be open still; nobody can complete a task of a closed case.
    cancel_tasks(tx, case).await?;
    cancel_timers(tx, case.id, None).await
}

/// The time is over in which the effect had to show: a case that is not proved by now goes back to people.
pub async fn overdue(tx: &mut Tx, case: &exception_case::Model) -> Result<(), Error> {
    prove(tx, case).await?;
    if case.class == CaseClass::Downtime {
        return Ok(());
    }
    let Some(case) = tx.job_lock::<exception_case::Entity>(case.id.0).await? else { return Ok(()) };
    if case.state != CaseState::Verifying {
        return Ok(());
    }
    let Some(case) = move_case(tx, &case, Event::Recurred).await? else { return Ok(()) };
    let title = "What was decided does not show in the systems: find out why, then decide again";
    add_task(tx, &case, TaskPurpose::Triage, title, case.owner_role, Some(EvidenceKind::Text)).await
}

async fn line_of(tx: &Tx, case: &exception_case::Model) -> Result<Option<line::Model>, Error> {
    match case.line_id {
        Some(line) => Ok(tx.job_find::<line::Entity>(line.0).await?),
        None => Ok(None),
    }
}

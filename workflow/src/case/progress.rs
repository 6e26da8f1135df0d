//! From a decision to the proof that it worked.

use chrono::TimeDelta;
use model::{
    CaseState, EvidenceKind, TaskPurpose, TaskState,
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
        task::{add_task, cancel_tasks},
        timer::{cancel_timers, set_timer},
    },
    error::Error,
};

/// Moves a case on when its work is done: every check, and every command read back. The case is locked.
pub async fn progress(tx: &mut Tx, case: exception_case::Model) -> Result<exception_case::Model, Error> {
    if case.state != CaseState::Executing || !is_executed(tx, &case).await? {
        return Ok(case);
    }
    let Some(case) = move_case(tx, &case, Event::Executed).await? else { return Ok(case) };
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
    let verified = commands
        .iter()
        .filter(|command| command.decision_id == decision)
        .all(|command| command.state == CommandState::Verified);
    Ok(checks_done && verified)
}

/// A command did not do what was decided, or nobody knows whether it did: a person looks, and decides again. The case is locked.
pub async fn command_failed(tx: &mut Tx, case: &exception_case::Model, command: &command::Model) -> Result<(), Error> {
    let Some(case) = move_case(tx, case, Event::Failed).await? else { return Ok(()) };
    cancel_tasks(tx, &case).await?;
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
    let Some(line) = line_of(tx, case).await? else { return Ok(()) };
    let proved =
        line.executing_since.is_some_and(|since| since + TimeDelta::milliseconds(line.verify_for_ms) <= tx.at());
    if proved {
        move_case(tx, case, Event::Proved).await?;
        // Triage or maintenance may be open still; nobody can complete a task of a closed case.
        cancel_tasks(tx, case).await?;
        return cancel_timers(tx, case.id, None).await;
    }
    arm_verification(tx, case, &line).await
}

async fn line_of(tx: &Tx, case: &exception_case::Model) -> Result<Option<line::Model>, Error> {
    match case.line_id {
        Some(line) => Ok(tx.job_find::<line::Entity>(line.0).await?),
        None => Ok(None),
    }
}

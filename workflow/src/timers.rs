//! Durable timers: rows, on the database's time. They survive restarts and fire once in effect.

use std::time::Duration;

use model::{
    Store, TimerId,
    entity::{
        exception_case, line,
        timer::{self, TimerKind},
    },
    journal::ChangeKind,
    store::{Actor, Tx},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    case::{self, downtime, status_conflict},
    error::Error,
    sync,
};

/// Timers taken per look; after an outage many are due at once.
const DUE_MAX: u64 = 200;

/// Fires timers until `cancel`, looking for due ones every `interval`. Any number of replicas may run it: a timer is taken by one.
pub fn spawn(store: Store, interval: Duration, tracker: &TaskTracker, cancel: CancellationToken) {
    tracker.spawn(async move {
        loop {
            if let Err(error) = fire_due(&store).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "due timers could not be fired; trying again");
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
        }
    });
}

/// Fires everything that is due; returns how many.
///
/// # Errors
/// The store's, for the look; a timer that fails is logged and tried again at the next look.
pub async fn fire_due(store: &Store) -> Result<usize, Error> {
    let now = store.database_now().await?;
    let mut fired = 0;
    for id in store.job_due_timers(now, DUE_MAX).await? {
        match fire(store, id).await {
            Ok(true) => fired += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(timer = %id, error = &error as &dyn std::error::Error, "a timer could not be fired; trying again")
            }
        }
    }
    Ok(fired)
}

/// Fires one timer in its own transaction. Locks in the order of all writers: line, case, timer.
async fn fire(store: &Store, id: TimerId) -> Result<bool, Error> {
    let mut tx = store.begin(Actor::system("timers", format!("timer {id}"))).await?;
    let Some(row) = tx.job_find::<timer::Entity>(id.0).await? else { return Ok(false) };
    let line = match row.line_id {
        Some(line) => tx.job_lock::<line::Entity>(line.0).await?,
        None => None,
    };
    let case = match row.case_id {
        Some(case) => tx.job_lock::<exception_case::Entity>(case.0).await?,
        None => None,
    };
    let Some(row) = tx.job_take_timer(id).await? else { return Ok(false) };
    case::fired(&mut tx, &row).await?;
    match (row.kind, line, case) {
        (TimerKind::DowntimeThreshold, Some(line), _) => downtime::threshold_passed(&mut tx, &line).await?,
        (TimerKind::Acknowledge, _, Some(case)) => escalate(&mut tx, &case).await?,
        (TimerKind::Verify, _, Some(case)) => case::overdue(&mut tx, &case).await?,
        (TimerKind::ConflictWindow, ..) => window_passed(&mut tx, &row).await?,
        (kind, ..) => tracing::warn!(timer = %id, %kind, "a timer lost what it was for"),
    }
    tx.commit().await?;
    Ok(true)
}

/// Looks again at a difference whose window has passed, or at one that somebody accepted until now.
async fn window_passed(tx: &mut Tx, row: &timer::Model) -> Result<(), Error> {
    let (Some(kind), Some(subject)) = (row.subject_type, row.subject_id) else { return Ok(()) };
    match sync::revise(tx, row.plant_id, kind, subject).await? {
        Some(disputed) => status_conflict::watch(tx, &disputed).await,
        None => Ok(()),
    }
}

async fn escalate(tx: &mut Tx, case: &exception_case::Model) -> Result<(), Error> {
    if !case.state.is_open() || case.acknowledged_at.is_some() || case.escalated_at.is_some() {
        return Ok(());
    }
    let after = exception_case::Model {
        escalated_to: Some(downtime::ESCALATES_TO),
        escalated_at: Some(tx.at()),
        ..case.clone()
    };
    tx.update::<exception_case::Entity>(case, after, ChangeKind::CaseEscalated).await?;
    tracing::info!(case = %case.id, to = %downtime::ESCALATES_TO, "nobody acknowledged the case; it is escalated");
    Ok(())
}

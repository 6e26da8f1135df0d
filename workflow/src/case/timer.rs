//! Timers of lines and cases.

use chrono::{DateTime, Utc};
use model::{
    CaseId, LineId, PlantId, TimerId,
    entity::timer::{self, TimerKind, TimerState},
    journal::ChangeKind,
    store::Tx,
};

use crate::error::Error;

/// Sets a timer; one that is already over is due at once.
pub async fn set_timer(
    tx: &mut Tx,
    plant: PlantId,
    kind: TimerKind,
    line: Option<LineId>,
    case: Option<CaseId>,
    due_at: DateTime<Utc>,
) -> Result<(), Error> {
    let row = timer::Model {
        id: TimerId::new(),
        plant_id: plant,
        kind,
        case_id: case,
        line_id: line,
        due_at,
        state: TimerState::Pending,
        ended_at: None,
        subject_type: None,
        subject_id: None,
        attribute: None,
        revision: 0,
    };
    tx.create::<timer::Entity>(row, ChangeKind::Created).await?;
    Ok(())
}

/// Cancels the pending timers of a case, of one kind if given.
pub async fn cancel_timers(tx: &mut Tx, case: CaseId, kind: Option<TimerKind>) -> Result<(), Error> {
    for row in tx.job_timers_of_case(case).await? {
        if kind.is_none_or(|kind| kind == row.kind) {
            end(tx, &row, TimerState::Cancelled, ChangeKind::TimerCancelled).await?;
        }
    }
    Ok(())
}

/// Cancels the pending timer of a kind that watches a line.
pub(super) async fn cancel_line_timer(tx: &mut Tx, kind: TimerKind, line: LineId) -> Result<(), Error> {
    if let Some(row) = tx.job_timer_of_line(kind, line).await? {
        end(tx, &row, TimerState::Cancelled, ChangeKind::TimerCancelled).await?;
    }
    Ok(())
}

/// Cancels one pending timer.
pub(super) async fn cancel(tx: &mut Tx, row: &timer::Model) -> Result<(), Error> {
    end(tx, row, TimerState::Cancelled, ChangeKind::TimerCancelled).await
}

/// Marks a timer as fired.
pub(crate) async fn fired(tx: &mut Tx, row: &timer::Model) -> Result<(), Error> {
    end(tx, row, TimerState::Fired, ChangeKind::TimerFired).await
}

async fn end(tx: &mut Tx, row: &timer::Model, state: TimerState, kind: ChangeKind) -> Result<(), Error> {
    let after = timer::Model { state, ended_at: Some(tx.at()), ..row.clone() };
    tx.update::<timer::Entity>(row, after, kind).await?;
    Ok(())
}

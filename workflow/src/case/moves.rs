//! Moving a case: the row, its times and its transition, together.

use model::{
    CaseState, TransitionId,
    entity::{case_transition, exception_case},
    journal::ChangeKind,
    store::Tx,
};

use crate::{
    case::machine::{Event, next},
    error::Error,
};

/// Moves a case that is locked in this write; `None` when the event does not fit its state.
pub(crate) async fn move_case(
    tx: &mut Tx,
    case: &exception_case::Model,
    event: Event,
) -> Result<Option<exception_case::Model>, Error> {
    move_case_with(tx, case, event, |_| {}).await
}

/// Moves a case, and changes more of its row in the same step.
pub(crate) async fn move_case_with(
    tx: &mut Tx,
    case: &exception_case::Model,
    event: Event,
    change: impl FnOnce(&mut exception_case::Model),
) -> Result<Option<exception_case::Model>, Error> {
    let Some(state) = next(case.state, event) else { return Ok(None) };
    let now = tx.at();
    let mut after = exception_case::Model { state, ..case.clone() };
    match event {
        Event::Assigned | Event::Started => {}
        Event::Contained => after.contained_at = Some(now),
        Event::Decided => after.decided_at = Some(now),
        Event::Executed => after.executed_at = Some(now),
        Event::Proved => {
            after.verified_at = Some(now);
            after.closed_at = Some(now);
        }
        Event::Settled => after.closed_at = Some(now),
        Event::Recurred | Event::Failed => {
            after.rework_loops += 1;
            after.decision = None;
            after.decided_by = None;
            after.executed_at = None;
        }
    }
    change(&mut after);
    let kind = if state == CaseState::Closed { ChangeKind::CaseClosed } else { ChangeKind::CaseMoved };
    let after = tx.update::<exception_case::Entity>(case, after, kind).await?;
    let transition = case_transition::Model {
        id: TransitionId::new(),
        plant_id: case.plant_id,
        case_id: case.id,
        case_revision: after.revision,
        from_state: case.state,
        to_state: state,
        event: event.as_str().to_owned(),
        actor: tx.actor().name.clone(),
        at: now,
        revision: 0,
    };
    tx.create::<case_transition::Entity>(transition, ChangeKind::Created).await?;
    if state == CaseState::Closed {
        tracing::info!(case = %after.id, title = after.title, "the case is closed");
    }
    Ok(Some(after))
}

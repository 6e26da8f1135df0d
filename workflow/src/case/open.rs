//! Opening a case: the row, its first transition, its first task, and the timer that escalates it.

use chrono::{DateTime, TimeDelta, Utc};
use model::{
    CaseClass, CaseId, CaseState, EvidenceKind, HoldId, OrderId, PlantId, Role, Severity, SubjectType, TaskPurpose,
    entity::{exception_case, timer::TimerKind},
    journal::ChangeKind,
    store::Tx,
};
use uuid::Uuid;

use crate::{
    case::{machine::Event, moves::move_case, task::add_task, timer::set_timer},
    error::Error,
};

/// How long the owner of a case that is not about a line has to acknowledge it. A shift has eight hours; a lot that somebody
/// ships by mistake needs less than one.
const ACKNOWLEDGE_WITHIN: TimeDelta = TimeDelta::minutes(15);

/// What a case begins with.
pub(crate) struct Opening<'a> {
    pub plant: PlantId,
    pub class: CaseClass,
    /// The workflow and its version; a running case keeps it.
    pub template: &'a str,
    pub title: String,
    pub severity: Severity,
    pub owner: Role,
    pub subject: (SubjectType, Uuid),
    /// Which attribute of the subject, where the case is about one.
    pub attribute: Option<String>,
    pub hold: Option<HoldId>,
    /// When the signal was there.
    pub signal_at: DateTime<Utc>,
    /// What the owner does first.
    pub task: &'a str,
}

/// Opens a case about a subject and gives it to its owner.
pub(crate) async fn open_case(tx: &mut Tx, opening: Opening<'_>) -> Result<exception_case::Model, Error> {
    let now = tx.at();
    let (kind, subject) = opening.subject;
    let row = exception_case::Model {
        id: CaseId::new(),
        plant_id: opening.plant,
        class: opening.class,
        template: opening.template.to_owned(),
        title: opening.title,
        state: CaseState::Detected,
        severity: opening.severity,
        line_id: None,
        order_id: (kind == SubjectType::ProductionOrder).then_some(OrderId(subject)),
        subject_type: Some(kind),
        subject_id: Some(subject),
        attribute: opening.attribute,
        hold_id: opening.hold,
        owner_role: opening.owner,
        owner_person: None,
        owner_name: None,
        escalated_to: None,
        escalated_at: None,
        signal_at: opening.signal_at.min(now),
        detected_at: now,
        acknowledged_at: None,
        contained_at: None,
        decided_at: None,
        executed_at: None,
        verified_at: None,
        closed_at: None,
        decision: None,
        decided_by: None,
        rework_loops: 0,
        signals: 1,
        revision: 0,
    };
    let case = tx.create::<exception_case::Entity>(row, ChangeKind::CaseOpened).await?;
    tracing::info!(case = %case.id, title = case.title, "a case was opened");
    let case = move_case(tx, &case, Event::Assigned).await?.unwrap_or(case);
    add_task(tx, &case, TaskPurpose::Triage, opening.task, opening.owner, Some(EvidenceKind::Text)).await?;
    set_timer(tx, case.plant_id, TimerKind::Acknowledge, None, Some(case.id), now + ACKNOWLEDGE_WITHIN).await?;
    Ok(case)
}

//! The class DOWNTIME: a line that was interrupted in EXECUTE and stays down.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use model::{
    CaseClass, CaseId, CaseState, EvidenceKind, LineId, LineState, Role, Severity, TaskPurpose,
    entity::{exception_case, job_order, line, timer::TimerKind},
    journal::ChangeKind,
    store::Tx,
};

use crate::{
    case::{
        machine::Event,
        moves::move_case,
        progress::arm_verification,
        task::{add_task, cancel_tasks},
        timer::{cancel_line_timer, cancel_timers, set_timer},
    },
    error::Error,
    ingest::LineEvent,
};

/// The workflow of this class and its version; a running case keeps it.
const TEMPLATE: &str = "downtime/1";
/// Who owns a downtime case.
pub const OWNER: Role = Role::MaintenanceLead;
/// Whom it is escalated to.
pub const ESCALATES_TO: Role = Role::PlantManager;

/// The lines of a write that may have an open case. A case is opened only by who holds its line, so for lines that this
/// write has locked the set stays true; without it, every change of a line that runs well would look for a case.
#[derive(Debug, Default)]
pub struct LinesInTrouble(HashSet<LineId>);

impl LinesInTrouble {
    /// Looks which of these lines, locked in this write, have an open case.
    pub async fn among(tx: &Tx, lines: &[LineId]) -> Result<Self, Error> {
        Ok(Self(tx.job_lines_with_open_case(CaseClass::Downtime, lines).await?.into_iter().collect()))
    }

    /// What the events of a line do to its cases, in the transaction of the change. The line is locked.
    pub async fn on_line(
        &mut self,
        tx: &mut Tx,
        line: &line::Model,
        events: &[LineEvent],
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        for event in events {
            match event {
                LineEvent::WentDown => self.went_down(tx, line, at).await?,
                LineEvent::CameUp => cancel_line_timer(tx, TimerKind::DowntimeThreshold, line.id).await?,
                LineEvent::BeganExecuting | LineEvent::StoppedExecuting => {
                    if let Some(case) = self.lock_case(tx, line.id).await?
                        && case.state == CaseState::Verifying
                    {
                        arm_verification(tx, &case, line).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn went_down(&mut self, tx: &mut Tx, line: &line::Model, at: DateTime<Utc>) -> Result<(), Error> {
        if let Some(case) = self.lock_case(tx, line.id).await? {
            return join(tx, &case).await;
        }
        if line.downtime_threshold_ms <= 0 {
            self.0.insert(line.id);
            return open(tx, line, at).await;
        }
        // A device's clock that runs ahead must not delay the case.
        let due = at.min(tx.at()) + TimeDelta::milliseconds(line.downtime_threshold_ms);
        set_timer(tx, line.plant_id, TimerKind::DowntimeThreshold, Some(line.id), None, due).await
    }

    /// The open case of a line, locked; it may have been closed since the lines were looked through.
    async fn lock_case(&self, tx: &Tx, line: LineId) -> Result<Option<exception_case::Model>, Error> {
        match self.0.contains(&line) {
            true => Ok(tx.job_lock_open_case(CaseClass::Downtime, line).await?),
            false => Ok(None),
        }
    }
}

/// The threshold has passed: opens the case if the line is still down and none is open. The line is locked.
pub async fn threshold_passed(tx: &mut Tx, line: &line::Model) -> Result<(), Error> {
    let Some(since) = line.down_since else { return Ok(()) };
    match tx.job_lock_open_case(CaseClass::Downtime, line.id).await? {
        Some(_) => Ok(()),
        None => open(tx, line, since).await,
    }
}

async fn open(tx: &mut Tx, line: &line::Model, signal_at: DateTime<Utc>) -> Result<(), Error> {
    let now = tx.at();
    let order = match line.active_job_order_id {
        Some(job) => tx.job_find::<job_order::Entity>(job.0).await?.map(|job| job.order_id),
        None => None,
    };
    let state = line.state.unwrap_or(LineState::Stopped);
    let row = exception_case::Model {
        id: CaseId::new(),
        plant_id: line.plant_id,
        class: CaseClass::Downtime,
        template: TEMPLATE.to_owned(),
        title: format!("{} ({}) is {state}", line.name, line.code),
        state: CaseState::Detected,
        severity: if state == LineState::Aborted { Severity::High } else { Severity::Medium },
        line_id: Some(line.id),
        order_id: order,
        owner_role: OWNER,
        owner_person: None,
        owner_name: None,
        escalated_to: None,
        escalated_at: None,
        signal_at: signal_at.min(now),
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
        subject_type: None,
        subject_id: None,
        attribute: None,
        hold_id: None,
        revision: 0,
    };
    let case = tx.create::<exception_case::Entity>(row, ChangeKind::CaseOpened).await?;
    tracing::info!(case = %case.id, title = case.title, "a case was opened");
    let case = move_case(tx, &case, Event::Assigned).await?.unwrap_or(case);
    add_task(
        tx,
        &case,
        TaskPurpose::Triage,
        "Make the line safe and say what stopped it",
        OWNER,
        Some(EvidenceKind::Text),
    )
    .await?;
    let due = now + TimeDelta::milliseconds(line.acknowledge_within_ms);
    set_timer(tx, case.plant_id, TimerKind::Acknowledge, None, Some(case.id), due).await
}

/// A later signal joins the open case. While the effect was being proved, it is a rework loop.
async fn join(tx: &mut Tx, case: &exception_case::Model) -> Result<(), Error> {
    let joined = exception_case::Model { signals: case.signals + 1, ..case.clone() };
    let case = tx.update::<exception_case::Entity>(case, joined, ChangeKind::CaseSignalJoined).await?;
    if let Some(case) = move_case(tx, &case, Event::Recurred).await? {
        cancel_timers(tx, case.id, Some(TimerKind::Verify)).await?;
        cancel_tasks(tx, &case).await?;
        add_task(
            tx,
            &case,
            TaskPurpose::Triage,
            "It happened again: make the line safe and say why",
            OWNER,
            Some(EvidenceKind::Text),
        )
        .await?;
    }
    Ok(())
}

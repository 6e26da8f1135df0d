//! The class STATUS_CONFLICT: systems say different things of one attribute for longer than their window allows.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use model::{
    CaseClass, CaseState, EvidenceId, EvidenceKind, PlantId, Severity, SubjectType, TimerId,
    entity::{
        case_evidence, exception_case,
        timer::{self, TimerKind, TimerState},
    },
    journal::ChangeKind,
    reconcile::Verdict,
    store::Tx,
};
use uuid::Uuid;

use crate::{
    case::{
        machine::Event,
        moves::move_case,
        open::{Opening, open_case},
        task::cancel_tasks,
        timer::{cancel, cancel_timers},
    },
    error::Error,
    truth::{Rules, Weighed},
};

/// The workflow of this class and its version; a running case keeps it.
const TEMPLATE: &str = "status-conflict/1";
/// How often a contradiction with a system that is not heard is looked at again.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// A subject that several systems speak of, weighed, with what watches it.
pub(crate) struct Disputed {
    pub plant: PlantId,
    pub kind: SubjectType,
    pub id: Uuid,
    /// What people call it.
    pub label: String,
    pub weighed: BTreeMap<String, Weighed>,
    /// The pending timers of the subject.
    pub timers: Vec<timer::Model>,
    /// The open cases of the subject.
    pub cases: Vec<exception_case::Model>,
}

/// Sets the timer of a difference that is young, opens the case of one that is old, and closes that of one that is over.
pub(crate) async fn watch(tx: &mut Tx, disputed: &Disputed) -> Result<(), Error> {
    for (attribute, weighed) in &disputed.weighed {
        if Rules::standard().owner(disputed.kind, attribute).is_none() {
            continue;
        }
        let about = |row: Option<&str>| row == Some(attribute);
        let timer = disputed.timers.iter().find(|timer| about(timer.attribute.as_deref()));
        let case = disputed
            .cases
            .iter()
            .find(|case| case.class == CaseClass::StatusConflict && about(case.attribute.as_deref()));
        let conclusion = &weighed.conclusion;
        match conclusion.verdict {
            Verdict::Pending => arm(tx, disputed, attribute, timer, conclusion.deadline).await?,
            Verdict::Conflict => {
                arm(tx, disputed, attribute, timer, None).await?;
                if case.is_none() {
                    open(tx, disputed, attribute, weighed).await?;
                }
            }
            Verdict::Agreed | Verdict::Resolved => {
                // What a person accepted ends some day: then it is looked at again.
                let until = (conclusion.verdict == Verdict::Resolved).then_some(conclusion.deadline).flatten();
                arm(tx, disputed, attribute, timer, until).await?;
                if let Some(case) = case {
                    settle(tx, case).await?;
                }
            }
            Verdict::Stale => {
                let differs =
                    weighed.claims.iter().any(|claim| claim.value.is_some() && claim.value != conclusion.value);
                let due = differs.then(|| tx.at() + LOOK_AGAIN);
                if timer.is_none() || due.is_none() {
                    arm(tx, disputed, attribute, timer, due).await?;
                }
            }
        }
    }
    Ok(())
}

/// Sets, moves or cancels the timer of an attribute.
async fn arm(
    tx: &mut Tx,
    disputed: &Disputed,
    attribute: &str,
    timer: Option<&timer::Model>,
    due: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    if let Some(timer) = timer {
        if Some(timer.due_at) == due {
            return Ok(());
        }
        cancel(tx, timer).await?;
    }
    let Some(due_at) = due else { return Ok(()) };
    let row = timer::Model {
        id: TimerId::new(),
        plant_id: disputed.plant,
        kind: TimerKind::ConflictWindow,
        case_id: None,
        line_id: None,
        subject_type: Some(disputed.kind),
        subject_id: Some(disputed.id),
        attribute: Some(attribute.to_owned()),
        due_at,
        state: TimerState::Pending,
        ended_at: None,
        revision: 0,
    };
    tx.create::<timer::Entity>(row, ChangeKind::Created).await?;
    Ok(())
}

async fn open(tx: &mut Tx, disputed: &Disputed, attribute: &str, weighed: &Weighed) -> Result<(), Error> {
    let Some(owner) = Rules::standard().owner(disputed.kind, attribute) else { return Ok(()) };
    let said: Vec<_> = weighed
        .claims
        .iter()
        .filter_map(|claim| Some(format!("{} says {}", claim.code, claim.value.as_deref()?)))
        .collect();
    let opening = Opening {
        plant: disputed.plant,
        class: CaseClass::StatusConflict,
        template: TEMPLATE,
        title: format!("{attribute} of {} {}: {}", word(disputed.kind), disputed.label, said.join(", ")),
        severity: if attribute == "disposition" { Severity::High } else { Severity::Medium },
        owner,
        subject: (disputed.kind, disputed.id),
        attribute: Some(attribute.to_owned()),
        hold: None,
        signal_at: weighed.conclusion.differs_since.unwrap_or(tx.at()),
        task: "Find out which system is right, then decide",
    };
    let case = open_case(tx, opening).await?;
    for claim in weighed.claims.iter().filter(|claim| claim.value.is_some()) {
        let by = claim.source_time.map(|time| format!(", by its own clock since {}", time.to_rfc3339()));
        let text = format!(
            "{} says {} since {}{}",
            claim.code,
            claim.value.as_deref().unwrap_or_default(),
            claim.since.to_rfc3339(),
            by.unwrap_or_default()
        );
        evidence(tx, &case, text).await?;
    }
    evidence(tx, &case, weighed.conclusion.reason.clone()).await
}

async fn evidence(tx: &mut Tx, case: &exception_case::Model, text: String) -> Result<(), Error> {
    let row = case_evidence::Model {
        id: EvidenceId::new(),
        plant_id: case.plant_id,
        case_id: case.id,
        task_id: None,
        kind: EvidenceKind::Text,
        text,
        value: None,
        unit: None,
        added_by: tx.actor().name.clone(),
        added_by_person: String::new(),
        added_at: tx.at(),
        revision: 0,
    };
    tx.create::<case_evidence::Entity>(row, ChangeKind::Created).await?;
    Ok(())
}

/// The systems agree: without a decision the case closes by itself, after one it is proved.
async fn settle(tx: &mut Tx, case: &exception_case::Model) -> Result<(), Error> {
    let Some(case) = tx.job_lock::<exception_case::Entity>(case.id.0).await? else { return Ok(()) };
    let event = match case.state {
        CaseState::Detected | CaseState::Assigned | CaseState::Contained => Event::Settled,
        CaseState::Verifying => Event::Proved,
        // The commands of the decision are under way; their end looks again.
        _ => return Ok(()),
    };
    if move_case(tx, &case, event).await?.is_some() {
        cancel_tasks(tx, &case).await?;
        cancel_timers(tx, case.id, None).await?;
    }
    Ok(())
}

/// What people call a kind.
fn word(kind: SubjectType) -> &'static str {
    match kind {
        SubjectType::MaterialLot => "lot",
        SubjectType::ProductionOrder => "order",
        SubjectType::Line => "line",
        SubjectType::StagingTask => "staging task",
        SubjectType::Shipment => "shipment",
        _ => "subject",
    }
}

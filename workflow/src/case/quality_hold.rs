//! The class QUALITY_HOLD: a hold binds in the twin at once, and in every system that claims the lot as soon as it can be told.

use model::{
    CaseClass, CaseState, CommandId, EvidenceKind, Role, Severity, SubjectType, TaskPurpose,
    entity::{
        command::{self, Action, CommandState},
        exception_case, external_reference, hold, material_lot, source_system,
    },
    journal::ChangeKind,
    store::Tx,
};
use serde_json::json;

use crate::{
    case::{
        machine::Event,
        moves::{move_case, move_case_with},
        open::{Opening, open_case},
        progress::progress,
        settlement::{can, payload},
        task::add_task,
    },
    error::Error,
};

/// The workflow of this class and its version; a running case keeps it.
const TEMPLATE: &str = "quality-hold/1";
/// Who owns a hold.
const OWNER: Role = Role::QualityManager;

/// A hold was placed: opens its case, and tells every system that claims the lot. The lot is locked.
pub(crate) async fn placed(tx: &mut Tx, lot: &material_lot::Model, hold: &hold::Model) -> Result<(), Error> {
    let opening = Opening {
        plant: lot.plant_id,
        class: CaseClass::QualityHold,
        template: TEMPLATE,
        title: format!("lot {} is held: {}", lot.number, hold.reason),
        severity: Severity::High,
        owner: OWNER,
        subject: (SubjectType::MaterialLot, lot.id.0),
        // A lot may have several holds, each with its own case.
        attribute: Some(hold.id.to_string()),
        hold: Some(hold.id),
        signal_at: hold.placed_at,
        task: "Find out what is wrong with the lot; release the hold when it may be used again",
    };
    let case = open_case(tx, opening).await?;
    for (system, reference) in systems(tx, lot).await? {
        if can(&system, Action::BlockLot) {
            order(tx, &case, hold, &system, &reference, Action::BlockLot, &hold.reason).await?;
        } else {
            let title = format!("Block lot {} in {} by hand: it can not be told to", lot.number, system.code);
            add_task(tx, &case, TaskPurpose::Triage, &title, OWNER, Some(EvidenceKind::Text)).await?;
        }
    }
    contain(tx, case).await?;
    Ok(())
}

/// A hold was released: when it was the last, the systems that were told to block the lot are told to give it free.
pub(crate) async fn released(
    tx: &mut Tx,
    lot: &material_lot::Model,
    hold: &hold::Model,
    by: &str,
) -> Result<(), Error> {
    let cases = tx.job_open_cases_of_subjects(&[lot.id.0]).await?;
    // A hold from before holds had cases has none.
    let Some(case) = cases.into_iter().find(|case| case.hold_id == Some(hold.id)) else { return Ok(()) };
    let Some(case) = tx.job_lock::<exception_case::Entity>(case.id.0).await? else { return Ok(()) };
    if tx.job_open_holds(lot.id).await?.is_empty() {
        let reason = hold.release_reason.clone().unwrap_or_default();
        let mut told = tx.job_commands_about(lot.id.0, Action::BlockLot.as_str()).await?;
        for command in &mut told {
            withdraw(tx, command).await?;
        }
        for (system, reference) in systems(tx, lot).await? {
            // Whatever was sent may have taken effect.
            let sent =
                |command: &&command::Model| command.source_id == system.id && command.state != CommandState::Rejected;
            let blocked = told.iter().filter(sent).count() > 0;
            if blocked && can(&system, Action::ReleaseLot) {
                order(tx, &case, hold, &system, &reference, Action::ReleaseLot, &reason).await?;
            }
        }
    }
    let decided = move_case_with(tx, &case, Event::Decided, |case| case.decided_by = Some(by.to_owned())).await?;
    let Some(decided) = decided else { return Ok(()) };
    let Some(started) = move_case(tx, &decided, Event::Started).await? else { return Ok(()) };
    progress(tx, started).await?;
    Ok(())
}

/// Takes back a command that nobody has sent yet.
async fn withdraw(tx: &mut Tx, command: &mut command::Model) -> Result<(), Error> {
    if command.state != CommandState::Pending {
        return Ok(());
    }
    let outcome = Some("the hold was released before this was sent".to_owned());
    let after = command::Model { state: CommandState::Rejected, outcome, changed_at: tx.at(), ..command.clone() };
    *command = tx.update::<command::Entity>(command, after, ChangeKind::CommandMoved).await?;
    Ok(())
}

/// The lot is contained when every system that was told shows that it is blocked. The case is locked.
pub(super) async fn contain(tx: &mut Tx, case: exception_case::Model) -> Result<exception_case::Model, Error> {
    let commands = tx.job_commands_of(case.id).await?;
    let open = commands
        .iter()
        .any(|command| command.action == Action::BlockLot.as_str() && command.state != CommandState::Verified);
    if open || case.state != CaseState::Assigned {
        return Ok(case);
    }
    Ok(move_case(tx, &case, Event::Contained).await?.unwrap_or(case))
}

/// Whether every system that was told to give the lot free shows that it is.
pub(super) fn is_free(commands: &[command::Model]) -> bool {
    commands
        .iter()
        .filter(|command| command.action == Action::ReleaseLot.as_str())
        .all(|command| command.state == CommandState::Verified)
}

/// The systems that claim a lot, with their records of it.
async fn systems(
    tx: &Tx,
    lot: &material_lot::Model,
) -> Result<Vec<(source_system::Model, external_reference::Model)>, Error> {
    let sources = tx.job_sources_of(lot.plant_id).await?;
    let references = tx.job_references_of(lot.id.0).await?;
    let present = references.into_iter().filter(|reference| reference.absent_since.is_none());
    let mut systems: Vec<(source_system::Model, external_reference::Model)> = Vec::new();
    for reference in present {
        let told = systems.iter().any(|(system, _)| system.id == reference.source_id);
        if let Some(source) = sources.iter().find(|source| source.id == reference.source_id && !told) {
            systems.push((source.clone(), reference));
        }
    }
    Ok(systems)
}

async fn order(
    tx: &mut Tx,
    case: &exception_case::Model,
    hold: &hold::Model,
    system: &source_system::Model,
    reference: &external_reference::Model,
    action: Action,
    reason: &str,
) -> Result<(), Error> {
    let mut payload = payload(reference)?;
    payload["reason"] = json!(reason);
    let row = command::Model {
        id: CommandId::new(),
        plant_id: case.plant_id,
        case_id: Some(case.id),
        decision_id: None,
        hold_id: Some(hold.id),
        source_id: system.id,
        action: action.to_string(),
        subject_id: hold.lot_id.0,
        payload: payload.to_string(),
        state: CommandState::Pending,
        attempts: 0,
        leased_until: None,
        outcome: None,
        changed_at: tx.at(),
        revision: 0,
    };
    tx.create::<command::Entity>(row, ChangeKind::Created).await?;
    Ok(())
}

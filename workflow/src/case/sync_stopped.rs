//! The class SYNC_STOPPED: what a stream brought can not be right, so it is read no further until a person has looked.

use model::{
    CaseClass, Role, Severity, SourceId, SubjectType,
    entity::{exception_case, source_system},
    store::Tx,
};

use crate::{
    case::{
        machine::Event,
        moves::move_case,
        open::{Opening, open_case},
        task::cancel_tasks,
        timer::cancel_timers,
    },
    error::Error,
};

/// The workflow of this class and its version; a running case keeps it.
const TEMPLATE: &str = "sync-stopped/1";

/// Opens the case of a stream, unless one is open.
pub(crate) async fn stopped(
    tx: &mut Tx,
    source: &source_system::Model,
    stream: &str,
    reason: &str,
) -> Result<(), Error> {
    if open_one(tx, source, stream).await?.is_some() {
        return Ok(());
    }
    let opening = Opening {
        plant: source.plant_id,
        class: CaseClass::SyncStopped,
        template: TEMPLATE,
        title: format!("{} of {} stopped: {reason}", stream, source.code),
        severity: Severity::High,
        owner: Role::IntegrationAdmin,
        subject: (SubjectType::SourceSystem, source.id.0),
        attribute: Some(stream.to_owned()),
        hold: None,
        signal_at: tx.at(),
        task: "Look into the system and say what happened; nothing of this stream is read meanwhile",
    };
    open_case(tx, opening).await?;
    Ok(())
}

/// Lets the stream of a case go on, as a person decided.
pub(super) async fn resume(tx: &mut Tx, case: &exception_case::Model) -> Result<(), Error> {
    if let (Some(source), Some(stream)) = (case.subject_id, &case.attribute) {
        tx.save_stream(SourceId(source), stream, |row| row.paused_reason = None).await?;
    }
    Ok(())
}

/// Somebody let the stream go on outside its case: it is over.
pub(crate) async fn resumed(tx: &mut Tx, source: &source_system::Model, stream: &str) -> Result<(), Error> {
    let Some(case) = open_one(tx, source, stream).await? else { return Ok(()) };
    let Some(case) = tx.job_lock::<exception_case::Entity>(case.id.0).await? else { return Ok(()) };
    if move_case(tx, &case, Event::Settled).await?.is_some() {
        cancel_tasks(tx, &case).await?;
        cancel_timers(tx, case.id, None).await?;
    }
    Ok(())
}

async fn open_one(
    tx: &Tx,
    source: &source_system::Model,
    stream: &str,
) -> Result<Option<exception_case::Model>, Error> {
    let cases = tx.job_open_cases_of_subjects(&[source.id.0]).await?;
    Ok(cases.into_iter().find(|case| case.class == CaseClass::SyncStopped && case.attribute.as_deref() == Some(stream)))
}

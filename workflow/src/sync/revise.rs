//! Concluding anew about one subject: time has passed, or a person decided.

use std::collections::BTreeMap;

use model::{
    LineId, PlantId, SubjectType,
    entity::{line, material_lot, plant, production_order, shipment, source_system, staging_task, timer::TimerKind},
    journal::ChangeKind,
    store::Tx,
};
use uuid::Uuid;

use crate::{
    case::status_conflict::Disputed,
    error::Error,
    sync::{governed::Governed, kinds::Kind},
    truth::{Voice, Weighed, floor_claim, tolerances, weigh},
};

/// Weighs what is claimed of a subject now and writes what follows. `None`: there is no such subject.
pub(crate) async fn revise(
    tx: &mut Tx,
    plant: PlantId,
    kind: SubjectType,
    id: Uuid,
) -> Result<Option<Disputed>, Error> {
    let (weighed, label) = match kind {
        SubjectType::MaterialLot => row::<material_lot::Entity>(tx, plant, id, |row| row.number.clone()).await?,
        SubjectType::ProductionOrder => {
            row::<production_order::Entity>(tx, plant, id, |row| row.number.clone()).await?
        }
        SubjectType::Shipment => row::<shipment::Entity>(tx, plant, id, |row| row.number.clone()).await?,
        SubjectType::StagingTask => row::<staging_task::Entity>(tx, plant, id, |row| row.number.clone()).await?,
        SubjectType::Line => of_line(tx, plant, LineId(id)).await?,
        _ => return Ok(None),
    };
    let Some(label) = label else { return Ok(None) };
    let disputed = Disputed {
        plant,
        kind,
        id,
        label,
        weighed,
        timers: tx.job_timers_of_subjects(TimerKind::ConflictWindow, &[id]).await?,
        cases: tx.job_open_cases_of_subjects(&[id]).await?,
    };
    Ok(Some(disputed))
}

type Found = (BTreeMap<String, Weighed>, Option<String>);

async fn row<E: Kind>(
    tx: &mut Tx,
    plant: PlantId,
    id: Uuid,
    label: impl FnOnce(&E::Model) -> String,
) -> Result<Found, Error>
where
    E::Model: PartialEq,
{
    let Some(before) = tx.job_lock::<E>(id).await? else { return Ok((BTreeMap::new(), None)) };
    let (voices, weighed) = heard(tx, plant, E::TYPE, id, None).await?;
    let label = label(&before);
    match E::row(id, plant, Some(&before), &Governed::of(&weighed, &voices)) {
        Ok(mut after) => {
            E::set_revision(&mut after, E::revision(&before));
            if after != before {
                tx.update::<E>(&before, after, ChangeKind::Updated).await?;
            }
        }
        Err(refused) => {
            tracing::warn!(%id, message = refused.message, "what is claimed of a subject makes no row; it stays")
        }
    }
    Ok((weighed, Some(label)))
}

async fn of_line(tx: &mut Tx, plant: PlantId, id: LineId) -> Result<Found, Error> {
    let Some(line) = tx.job_lock::<line::Entity>(id.0).await? else { return Ok((BTreeMap::new(), None)) };
    let (_, weighed) = heard(tx, plant, SubjectType::Line, id.0, Some(&line)).await?;
    Ok((weighed, Some(line.code)))
}

/// Who speaks of a subject, and what follows.
async fn heard(
    tx: &Tx,
    plant: PlantId,
    kind: SubjectType,
    id: Uuid,
    line: Option<&line::Model>,
) -> Result<(Vec<Voice>, BTreeMap<String, Weighed>), Error> {
    let row = tx.job_find::<plant::Entity>(plant.0).await?.ok_or(Error::Missing { what: "plant", id: plant.0 })?;
    let sources = tx.job_sources_of(plant).await?;
    let voices = Voice::of(&tx.job_references_of_many(&[id]).await?)?;
    let accepted = tx.job_accepted_differences_of(&[id]).await?;
    let is_floor = |source: &&source_system::Model| source.kind == model::SourceKind::OpcUa;
    let floor = line.zip(sources.iter().find(is_floor)).and_then(|(line, floor)| floor_claim(line, floor));
    let weighed = weigh(kind, &voices, floor.as_ref(), &sources, &accepted, &tolerances(&row)?, tx.at());
    Ok((voices, weighed))
}

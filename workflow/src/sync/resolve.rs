//! Which subject a record is about, and what the twin concludes of it. With one source for each attribute, its latest claim governs.

use std::collections::HashMap;

use model::{
    Code, JobOrderId, JobState, LineId, LotId, MaterialId, OrderId, PlantId, Quantity, SubjectType,
    entity::{job_order, line, material, material_lot, production_order},
    journal::ChangeKind,
    store::Tx,
};
use uuid::Uuid;

use crate::{
    error::Error,
    sync::{Record, apply::PageContext, facts::Refused, told::Body},
};

/// Materials by the source's id.
pub(super) struct Materials(pub HashMap<String, MaterialId>);

/// What a record is about. `None` where the subject does not exist yet.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Material(Option<MaterialId>),
    Lot(Option<LotId>, MaterialId),
    Order(Option<OrderId>, Option<MaterialId>),
}

impl Subject {
    pub(super) fn kind(self) -> SubjectType {
        match self {
            Self::Material(_) => SubjectType::Material,
            Self::Lot(..) => SubjectType::MaterialLot,
            Self::Order(..) => SubjectType::ProductionOrder,
        }
    }

    fn id(self) -> Option<Uuid> {
        match self {
            Self::Material(id) => id.map(|id| id.0),
            Self::Lot(id, _) => id.map(|id| id.0),
            Self::Order(id, _) => id.map(|id| id.0),
        }
    }

    fn known_as(self, id: Uuid) -> Self {
        match self {
            Self::Material(_) => Self::Material(Some(MaterialId(id))),
            Self::Lot(_, material) => Self::Lot(Some(LotId(id)), material),
            Self::Order(_, material) => Self::Order(Some(OrderId(id)), material),
        }
    }
}

/// The subject of a record: by reference, else by natural key, else a new one. Writes nothing.
pub(super) async fn subject(
    tx: &Tx,
    context: PageContext<'_>,
    materials: &Materials,
    known: Option<Uuid>,
    record: &Record,
) -> Result<Result<Subject, Refused>, Error> {
    let material = |id: &String| {
        materials
            .0
            .get(id)
            .copied()
            .ok_or_else(|| Refused::new(Code::ReferenceMissing, format!("the material {id} has not arrived")))
    };
    let named = match &Body::of(&record.body) {
        Body::Unreadable { problem } => return Ok(Err(Refused::new(Code::InvalidInput, problem.clone()))),
        Body::Material { code, .. } => {
            Subject::Material(tx.job_material_by_code(context.plant, code).await?.map(|row| row.id))
        }
        Body::Lot { number, material: id, .. } => match material(id) {
            Err(refused) => return Ok(Err(refused)),
            Ok(material) => Subject::Lot(tx.job_lot_by_number(material, number).await?.map(|row| row.id), material),
        },
        Body::Order { number, material: id, .. } => match id.as_ref().map(material).transpose() {
            Err(refused) => return Ok(Err(refused)),
            Ok(material) => {
                Subject::Order(tx.job_order_by_number(context.plant, number).await?.map(|row| row.id), material)
            }
        },
    };
    if is_taken(tx, context, known, named.id(), record).await? {
        let message = "another record has the same number or code; give one of them a number of its own";
        return Ok(Err(Refused::new(Code::InvalidInput, message)));
    }
    Ok(Ok(known.map_or(named, |id| named.known_as(id))))
}

/// Whether a second record of the same system has the natural key. Both applied, they would take turns for ever. Another
/// system may know the same subject.
async fn is_taken(
    tx: &Tx,
    context: PageContext<'_>,
    known: Option<Uuid>,
    named: Option<Uuid>,
    record: &Record,
) -> Result<bool, Error> {
    Ok(match (known, named) {
        (Some(known), Some(named)) => known != named,
        (None, Some(named)) => tx.job_references_of(named).await?.iter().any(|reference| {
            reference.source_id == context.source && reference.external_model == record.external_model
        }),
        (_, None) => false,
    })
}

/// Writes what the twin concludes; returns the subject's id.
pub(super) async fn govern(tx: &mut Tx, plant: PlantId, subject: Subject, body: &Body) -> Result<Uuid, Error> {
    match (subject, body) {
        (Subject::Material(id), Body::Material { code, name, unit }) => {
            let (code, name, unit) = (code.clone(), name.clone(), unit.clone());
            let row = material::Model {
                id: id.unwrap_or_else(MaterialId::new),
                plant_id: plant,
                code,
                name,
                unit,
                class_id: None,
                revision: 0,
            };
            upsert::<material::Entity>(tx, id.map(|id| id.0), row.id.0, |_| row).await
        }
        (
            Subject::Lot(id, material_id),
            Body::Lot { number, quantity, unit, disposition: Ok(disposition), raw_disposition, location, .. },
        ) => {
            let new = id.unwrap_or_else(LotId::new);
            upsert::<material_lot::Entity>(tx, id.map(|id| id.0), new.0, |before| material_lot::Model {
                id: new,
                plant_id: plant,
                material_id,
                number: number.clone(),
                quantity: Quantity(quantity.normalize()),
                unit: unit.clone(),
                disposition: *disposition,
                status: raw_disposition.first().cloned(),
                location: location.clone(),
                open_holds: before.map_or(0, |before| before.open_holds),
                parent_lot_id: None,
                other_disposition: None,
                expires_at: None,
                revision: 0,
            })
            .await
        }
        (
            Subject::Order(id, material_id),
            Body::Order { number, quantity, unit, state: Ok(state), line, planned_start, planned_end, .. },
        ) => {
            let new = id.unwrap_or_else(OrderId::new);
            let row = production_order::Model {
                id: new,
                plant_id: plant,
                number: number.clone(),
                material_id,
                state: *state,
                quantity: Quantity(quantity.normalize()),
                unit: unit.clone(),
                planned_start: *planned_start,
                planned_end: *planned_end,
                other_state: None,
                revision: 0,
            };
            let order = upsert::<production_order::Entity>(tx, id.map(|id| id.0), new.0, |_| row.clone()).await?;
            job(tx, &row, line.as_deref()).await?;
            Ok(order)
        }
        _ => unreachable!("the subject was made from this body, whose status is mapped"),
    }
}

async fn upsert<E: model::entity::subject::Subject>(
    tx: &mut Tx,
    known: Option<Uuid>,
    id: Uuid,
    row: impl FnOnce(Option<&E::Model>) -> E::Model,
) -> Result<Uuid, Error>
where
    E::Model: PartialEq,
{
    let before = match known {
        Some(id) => tx.job_lock::<E>(id).await?,
        None => None,
    };
    let mut after = row(before.as_ref());
    match before {
        None => {
            tx.create::<E>(after, ChangeKind::Created).await?;
        }
        Some(before) => {
            E::set_revision(&mut after, E::revision(&before));
            if after != before {
                tx.update::<E>(&before, after, ChangeKind::Updated).await?;
            }
        }
    }
    Ok(id)
}

/// The job of an order: its line as the order's source plans it, its state as the order's state tells unless a line runs it.
async fn job(tx: &mut Tx, order: &production_order::Model, line_code: Option<&str>) -> Result<(), Error> {
    let lines = tx.job_lines(order.plant_id).await?;
    let planned = lines.iter().find(|line| Some(line.code.as_str()) == line_code).map(|line| line.id);
    let running = lines.iter().find(|line| line.active_order_number.as_deref() == Some(order.number.as_str()));
    let told = JobState::of_request(order.state);
    let over = matches!(told, JobState::Ended | JobState::Aborted);
    let state = if running.is_some() && !over { JobState::Running } else { told };
    let line_id = running.map(|line| line.id).or(planned);
    let job = match tx.job_job_order_of(order.id).await? {
        None => {
            let zero = Quantity::default();
            let row = job_order::Model {
                id: JobOrderId::new(),
                plant_id: order.plant_id,
                order_id: order.id,
                line_id,
                state,
                good_quantity: zero,
                scrap_quantity: zero,
                sub_state: None,
                readiness: None,
                readiness_detail: None,
                readiness_at: None,
                revision: 0,
            };
            tx.create::<job_order::Entity>(row, ChangeKind::Created).await?
        }
        Some(before) => {
            let after = job_order::Model { line_id, state, ..before.clone() };
            if after == before {
                before
            } else {
                tx.update::<job_order::Entity>(&before, after, ChangeKind::Updated).await?
            }
        }
    };
    match running {
        Some(line) if line.active_job_order_id != Some(job.id) => link(tx, line.id, job.id).await,
        _ => Ok(()),
    }
}

/// A line named this order before the order was known.
async fn link(tx: &mut Tx, line: LineId, job: JobOrderId) -> Result<(), Error> {
    if let Some(row) = tx.job_lock::<line::Entity>(line.0).await? {
        let after = line::Model { active_job_order_id: Some(job), ..row.clone() };
        tx.update::<line::Entity>(&row, after, ChangeKind::ActiveOrderChanged).await?;
    }
    Ok(())
}

//! From concluded values to the row of a subject, kind by kind. Pure.

use model::{
    BillItemId, Disposition, DocumentId, DocumentState, JobOrderId, JobResponseId, LotId, LotLinkId, MaterialClassId,
    MaterialId, OrderId, PlantId, RequestState, ResponseState, ShipmentId, ShipmentItemId, ShipmentState, StagingState,
    StagingTaskId, StorageKind, StorageLocationId, SubjectType,
    entity::{
        bill_item, document, job_response, lot_link, material, material_lot, production_order, shipment, shipment_item,
        staging_task, storage_location, subject::Subject,
    },
};
use uuid::Uuid;

use crate::sync::{check::Refused, governed::Governed};

/// A kind whose rows follow from what systems say.
pub(super) trait Kind: Subject {
    /// The row.
    fn row(id: Uuid, plant: PlantId, before: Option<&Self::Model>, values: &Governed) -> Result<Self::Model, Refused>;
}

fn required(values: &Governed, name: &str, before: Option<Uuid>) -> Result<Uuid, Refused> {
    values.subject(name, before).or(before).ok_or_else(|| Refused::missing(format!("the {name} has not arrived")))
}

impl Kind for material::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&material::Model>,
        values: &Governed,
    ) -> Result<material::Model, Refused> {
        let code = values.text("code").or_else(|| before.map(|row| row.code.clone())).unwrap_or_default();
        Ok(material::Model {
            id: MaterialId(id),
            plant_id: plant,
            name: values.text("name").or_else(|| before.map(|row| row.name.clone())).unwrap_or_else(|| code.clone()),
            unit: values.text("unit").or_else(|| before.map(|row| row.unit.clone())).unwrap_or_default(),
            class_id: values.subject("class", before.and_then(|row| row.class_id).map(|id| id.0)).map(MaterialClassId),
            code,
            revision: 0,
        })
    }
}

impl Kind for material_lot::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&material_lot::Model>,
        values: &Governed,
    ) -> Result<material_lot::Model, Refused> {
        let disposition = values.word("disposition", before.map(|row| row.disposition), Disposition::Other);
        let other = (disposition == Disposition::Other).then(|| values.raw("disposition")).flatten();
        Ok(material_lot::Model {
            id: LotId(id),
            plant_id: plant,
            material_id: MaterialId(required(values, "material", before.map(|row| row.material_id.0))?),
            number: values.text("number").or_else(|| before.map(|row| row.number.clone())).unwrap_or_default(),
            quantity: values.quantity("quantity", before.map(|row| row.quantity)),
            unit: values.text("unit").or_else(|| before.map(|row| row.unit.clone())).unwrap_or_default(),
            disposition,
            other_disposition: other,
            status: values
                .text_or("status", before.and_then(|row| row.status.clone()))
                .or_else(|| values.raw("disposition")),
            location: values.text_or("location", before.and_then(|row| row.location.clone())),
            expires_at: values.time("expiresAt", before.and_then(|row| row.expires_at)),
            parent_lot_id: values.subject("parent", before.and_then(|row| row.parent_lot_id).map(|id| id.0)).map(LotId),
            open_holds: before.map_or(0, |row| row.open_holds),
            revision: 0,
        })
    }
}

impl Kind for production_order::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&production_order::Model>,
        values: &Governed,
    ) -> Result<production_order::Model, Refused> {
        let state = values.word("state", before.map(|row| row.state), RequestState::Other);
        Ok(production_order::Model {
            id: OrderId(id),
            plant_id: plant,
            number: values.text("number").or_else(|| before.map(|row| row.number.clone())).unwrap_or_default(),
            material_id: values
                .subject("material", before.and_then(|row| row.material_id).map(|id| id.0))
                .map(MaterialId),
            state,
            other_state: (state == RequestState::Other).then(|| values.raw("state")).flatten(),
            quantity: values.quantity("quantity", before.map(|row| row.quantity)),
            unit: values.text("unit").or_else(|| before.map(|row| row.unit.clone())).unwrap_or_default(),
            planned_start: values.time("plannedStart", before.and_then(|row| row.planned_start)),
            planned_end: values.time("plannedEnd", before.and_then(|row| row.planned_end)),
            revision: 0,
        })
    }
}

impl Kind for storage_location::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&storage_location::Model>,
        values: &Governed,
    ) -> Result<storage_location::Model, Refused> {
        let code = values.text("code").or_else(|| before.map(|row| row.code.clone())).unwrap_or_default();
        Ok(storage_location::Model {
            id: StorageLocationId(id),
            plant_id: plant,
            area_id: before.and_then(|row| row.area_id),
            name: values.text("name").or_else(|| before.map(|row| row.name.clone())).unwrap_or_else(|| code.clone()),
            kind: values.word("kind", before.map(|row| row.kind), StorageKind::Storage),
            code,
            revision: 0,
        })
    }
}

impl Kind for bill_item::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&bill_item::Model>,
        values: &Governed,
    ) -> Result<bill_item::Model, Refused> {
        Ok(bill_item::Model {
            id: BillItemId(id),
            plant_id: plant,
            material_id: MaterialId(required(values, "material", before.map(|row| row.material_id.0))?),
            component_id: MaterialId(required(values, "component", before.map(|row| row.component_id.0))?),
            quantity: values.quantity("quantity", before.map(|row| row.quantity)),
            unit: values.text("unit").or_else(|| before.map(|row| row.unit.clone())).unwrap_or_default(),
            revision: 0,
        })
    }
}

impl Kind for lot_link::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&lot_link::Model>,
        values: &Governed,
    ) -> Result<lot_link::Model, Refused> {
        let parent = required(values, "parent", before.map(|row| row.parent_lot_id.0))?;
        let child = required(values, "child", before.map(|row| row.child_lot_id.0))?;
        if parent == child {
            return Err(Refused::new(model::Code::InvalidInput, "a lot can not be made from itself"));
        }
        Ok(lot_link::Model {
            id: LotLinkId(id),
            plant_id: plant,
            parent_lot_id: LotId(parent),
            child_lot_id: LotId(child),
            quantity: values.quantity("quantity", before.map(|row| row.quantity)),
            unit: values.text("unit").or_else(|| before.map(|row| row.unit.clone())).unwrap_or_default(),
            order_id: values.subject("order", before.and_then(|row| row.order_id).map(|id| id.0)).map(OrderId),
            revision: 0,
        })
    }
}

impl Kind for job_response::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&job_response::Model>,
        values: &Governed,
    ) -> Result<job_response::Model, Refused> {
        Ok(job_response::Model {
            id: JobResponseId(id),
            plant_id: plant,
            // The reference is to the order; what is kept is its job, which the page looks up beforehand.
            job_order_id: JobOrderId(required(values, JOB, before.map(|row| row.job_order_id.0))?),
            number: values.text("number").or_else(|| before.map(|row| row.number.clone())).unwrap_or_default(),
            state: values.word("state", before.map(|row| row.state), ResponseState::Other),
            good_quantity: values.quantity("good", before.map(|row| row.good_quantity)),
            scrap_quantity: values.quantity("scrap", before.map(|row| row.scrap_quantity)),
            unit: values.text("unit").or_else(|| before.map(|row| row.unit.clone())).unwrap_or_default(),
            started_at: values.time("startedAt", before.and_then(|row| row.started_at)),
            ended_at: values.time("endedAt", before.and_then(|row| row.ended_at)),
            revision: 0,
        })
    }
}

/// The attribute under which the page puts the job of a response's order.
pub(super) const JOB: &str = "order";

impl Kind for staging_task::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&staging_task::Model>,
        values: &Governed,
    ) -> Result<staging_task::Model, Refused> {
        let state = values.word("state", before.map(|row| row.state), StagingState::Other);
        Ok(staging_task::Model {
            id: StagingTaskId(id),
            plant_id: plant,
            number: values.text("number").or_else(|| before.map(|row| row.number.clone())).unwrap_or_default(),
            order_id: values.subject("order", before.and_then(|row| row.order_id).map(|id| id.0)).map(OrderId),
            material_id: values
                .subject("material", before.and_then(|row| row.material_id).map(|id| id.0))
                .map(MaterialId),
            lot_id: values.subject("lot", before.and_then(|row| row.lot_id).map(|id| id.0)).map(LotId),
            quantity: values.quantity("quantity", before.map(|row| row.quantity)),
            unit: values.text("unit").or_else(|| before.map(|row| row.unit.clone())).unwrap_or_default(),
            from_location: values.text_or("from", before.and_then(|row| row.from_location.clone())),
            to_location: values.text_or("to", before.and_then(|row| row.to_location.clone())),
            state,
            other_state: (state == StagingState::Other).then(|| values.raw("state")).flatten(),
            due_at: values.time("dueAt", before.and_then(|row| row.due_at)),
            revision: 0,
        })
    }
}

impl Kind for shipment::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&shipment::Model>,
        values: &Governed,
    ) -> Result<shipment::Model, Refused> {
        let state = values.word("state", before.map(|row| row.state), ShipmentState::Other);
        Ok(shipment::Model {
            id: ShipmentId(id),
            plant_id: plant,
            number: values.text("number").or_else(|| before.map(|row| row.number.clone())).unwrap_or_default(),
            customer: values.text_or("customer", before.and_then(|row| row.customer.clone())),
            state,
            other_state: (state == ShipmentState::Other).then(|| values.raw("state")).flatten(),
            planned_at: values.time("plannedAt", before.and_then(|row| row.planned_at)),
            eta: values.time("eta", before.and_then(|row| row.eta)),
            revision: 0,
        })
    }
}

impl Kind for shipment_item::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&shipment_item::Model>,
        values: &Governed,
    ) -> Result<shipment_item::Model, Refused> {
        Ok(shipment_item::Model {
            id: ShipmentItemId(id),
            plant_id: plant,
            shipment_id: ShipmentId(required(values, "shipment", before.map(|row| row.shipment_id.0))?),
            lot_id: values.subject("lot", before.and_then(|row| row.lot_id).map(|id| id.0)).map(LotId),
            material_id: values
                .subject("material", before.and_then(|row| row.material_id).map(|id| id.0))
                .map(MaterialId),
            quantity: values.quantity("quantity", before.map(|row| row.quantity)),
            unit: values.text("unit").or_else(|| before.map(|row| row.unit.clone())).unwrap_or_default(),
            revision: 0,
        })
    }
}

impl Kind for document::Entity {
    fn row(
        id: Uuid,
        plant: PlantId,
        before: Option<&document::Model>,
        values: &Governed,
    ) -> Result<document::Model, Refused> {
        let state = values.word("state", before.map(|row| row.state), DocumentState::Present);
        let about = [
            ("lot", SubjectType::MaterialLot),
            ("order", SubjectType::ProductionOrder),
            ("shipment", SubjectType::Shipment),
        ];
        let about = about.iter().find_map(|(name, kind)| Some((*kind, values.subject(name, None)?)));
        let about = about.or_else(|| before.map(|row| (row.subject_type, row.subject_id)));
        let (subject_type, subject_id) = about
            .ok_or_else(|| Refused::missing("what the document is about (order, lot or shipment) has not arrived"))?;
        Ok(document::Model {
            id: DocumentId(id),
            plant_id: plant,
            number: values.text("number").or_else(|| before.map(|row| row.number.clone())).unwrap_or_default(),
            kind: values.text("kind").or_else(|| before.map(|row| row.kind.clone())).unwrap_or_default(),
            subject_type,
            subject_id,
            required: before.is_some_and(|row| row.required),
            state,
            other_state: (state == DocumentState::Other).then(|| values.raw("state")).flatten(),
            revision: 0,
        })
    }
}

//! A plant with a row of every kind that surrounds its lines, lots and orders, written below the workflow.

use model::{
    AcceptedDifferenceId, AlarmId, BillItemId, Disposition, DocumentId, DocumentState, JobOrderId, JobResponseId,
    JobState, LotId, LotLinkId, MaterialClassId, MaterialId, OrderId, PlantId, Quantity, RequestState, ResponseState,
    ShiftId, ShipmentId, ShipmentItemId, ShipmentState, SourceId, StagingState, StagingTaskId, StorageKind,
    StorageLocationId, SubjectType,
    entity::{
        accepted_difference, alarm, bill_item, document, job_order, job_response, lot_link, material, material_class,
        material_lot, production_order, shift, shipment, shipment_item, staging_task, storage_location,
    },
    journal::ChangeKind,
    store::{Actor, Tx},
};

use crate::{plant, world::World};

/// What was written at NORD.
#[derive(Clone, Debug)]
pub struct Shelves {
    /// The class of both materials.
    pub class: material_class::Model,
    /// What is made: P.
    pub product: material::Model,
    /// What goes into it: C.
    pub component: material::Model,
    /// C goes into P.
    pub bill: bill_item::Model,
    /// Lots C-1, P-1 (made from C-1) and P-1/1 (a part of P-1).
    pub lots: [material_lot::Model; 3],
    /// C-1 went into P-1.
    pub link: lot_link::Model,
    /// Order N-1.
    pub order: production_order::Model,
    /// Its job.
    pub job: job_order::Model,
    /// Response R-1.
    pub response: job_response::Model,
    /// Location S-1.
    pub location: storage_location::Model,
    /// Staging task T-1.
    pub staging: staging_task::Model,
    /// Shipment D-1.
    pub shipment: shipment::Model,
    /// Its item.
    pub item: shipment_item::Model,
    /// Document A-1 of the shipment.
    pub document: document::Model,
    /// Shift EARLY.
    pub shift: shift::Model,
    /// An alarm of line L1.
    pub alarm: alarm::Model,
    /// A contradiction about the lot C-1.
    pub accepted: accepted_difference::Model,
}

/// A material of a plant, not yet written.
pub fn material(plant: PlantId, code: &str, class: Option<MaterialClassId>) -> material::Model {
    material::Model {
        id: MaterialId::new(),
        plant_id: plant,
        code: code.into(),
        name: format!("Material {code}"),
        unit: "kg".into(),
        class_id: class,
        revision: 0,
    }
}

/// A usable lot, not yet written.
pub fn lot(material: &material::Model, number: &str, parent: Option<LotId>) -> material_lot::Model {
    material_lot::Model {
        id: LotId::new(),
        plant_id: material.plant_id,
        material_id: material.id,
        number: number.into(),
        quantity: kilograms(10),
        unit: "kg".into(),
        disposition: Disposition::Unrestricted,
        status: None,
        location: Some("S-1".into()),
        open_holds: 0,
        parent_lot_id: parent,
        other_disposition: None,
        expires_at: None,
        revision: 0,
    }
}

fn kilograms(amount: i64) -> Quantity {
    Quantity(amount.into())
}

impl World {
    /// Writes a row of every kind at NORD.
    pub async fn shelves(&self) -> Shelves {
        let mut tx = self.store.begin(Actor::system("test", "shelves")).await.unwrap();
        let shelves = fill(&mut tx, self).await;
        tx.commit().await.unwrap();
        shelves
    }
}

macro_rules! create {
    ($tx:ident, $entity:ident, $row:expr) => {
        $tx.create::<$entity::Entity>($row, ChangeKind::Created).await.unwrap()
    };
}

async fn fill(tx: &mut Tx, world: &World) -> Shelves {
    let plant = world.nord.plant;
    let class = material_class::Model {
        id: MaterialClassId::new(),
        plant_id: plant,
        code: "DAIRY".into(),
        name: "Dairy".into(),
        revision: 0,
    };
    let class = create!(tx, material_class, class);
    let product = create!(tx, material, material(plant, "P", Some(class.id)));
    let component = create!(tx, material, material(plant, "C", Some(class.id)));
    let bill = bill_item::Model {
        id: BillItemId::new(),
        plant_id: plant,
        material_id: product.id,
        component_id: component.id,
        quantity: kilograms(2),
        unit: "kg".into(),
        revision: 0,
    };
    let bill = create!(tx, bill_item, bill);
    let used = create!(tx, material_lot, lot(&component, "C-1", None));
    let made = create!(tx, material_lot, lot(&product, "P-1", None));
    let part = create!(tx, material_lot, lot(&product, "P-1/1", Some(made.id)));
    let (order, job, response) = orders(tx, &product).await;
    let link = lot_link::Model {
        id: LotLinkId::new(),
        plant_id: plant,
        parent_lot_id: used.id,
        child_lot_id: made.id,
        quantity: kilograms(20),
        unit: "kg".into(),
        order_id: Some(order.id),
        revision: 0,
    };
    let link = create!(tx, lot_link, link);
    let (location, staging) = storage(tx, &order, &used).await;
    let (shipment, item, document) = shipping(tx, &made).await;
    let (alarm, accepted) = trouble(tx, world, &used, world.nord.sources[plant::ERP]).await;
    let shift = shift::Model {
        id: ShiftId::new(),
        plant_id: plant,
        code: "EARLY".into(),
        name: "Early".into(),
        weekdays: "MON,TUE,WED,THU,FRI".into(),
        starts_at: "06:00".into(),
        ends_at: "14:00".into(),
        revision: 0,
    };
    let shift = create!(tx, shift, shift);
    let lots = [used, made, part];
    Shelves {
        class,
        product,
        component,
        bill,
        lots,
        link,
        order,
        job,
        response,
        location,
        staging,
        shipment,
        item,
        document,
        shift,
        alarm,
        accepted,
    }
}

async fn orders(
    tx: &mut Tx,
    product: &material::Model,
) -> (production_order::Model, job_order::Model, job_response::Model) {
    let plant = product.plant_id;
    let order = production_order::Model {
        id: OrderId::new(),
        plant_id: plant,
        number: "N-1".into(),
        material_id: Some(product.id),
        state: RequestState::Running,
        quantity: kilograms(10),
        unit: "kg".into(),
        planned_start: None,
        planned_end: None,
        other_state: None,
        revision: 0,
    };
    let order = create!(tx, production_order, order);
    let job = job_order::Model {
        id: JobOrderId::new(),
        plant_id: plant,
        order_id: order.id,
        line_id: None,
        state: JobState::Running,
        good_quantity: Quantity::default(),
        scrap_quantity: Quantity::default(),
        sub_state: None,
        readiness: None,
        readiness_detail: None,
        readiness_at: None,
        revision: 0,
    };
    let job = create!(tx, job_order, job);
    let response = job_response::Model {
        id: JobResponseId::new(),
        plant_id: plant,
        job_order_id: job.id,
        number: "R-1".into(),
        state: ResponseState::Running,
        good_quantity: kilograms(3),
        scrap_quantity: Quantity::default(),
        unit: "kg".into(),
        started_at: None,
        ended_at: None,
        revision: 0,
    };
    let response = create!(tx, job_response, response);
    (order, job, response)
}

async fn storage(
    tx: &mut Tx,
    order: &production_order::Model,
    used: &material_lot::Model,
) -> (storage_location::Model, staging_task::Model) {
    let location = storage_location::Model {
        id: StorageLocationId::new(),
        plant_id: order.plant_id,
        area_id: None,
        code: "S-1".into(),
        name: "Shelf 1".into(),
        kind: StorageKind::Storage,
        revision: 0,
    };
    let location = create!(tx, storage_location, location);
    let staging = staging_task::Model {
        id: StagingTaskId::new(),
        plant_id: order.plant_id,
        number: "T-1".into(),
        order_id: Some(order.id),
        material_id: Some(used.material_id),
        lot_id: Some(used.id),
        quantity: kilograms(20),
        unit: "kg".into(),
        from_location: Some("S-1".into()),
        to_location: Some("L1".into()),
        state: StagingState::Released,
        other_state: None,
        due_at: None,
        revision: 0,
    };
    let staging = create!(tx, staging_task, staging);
    (location, staging)
}

async fn shipping(tx: &mut Tx, made: &material_lot::Model) -> (shipment::Model, shipment_item::Model, document::Model) {
    let shipment = shipment::Model {
        id: ShipmentId::new(),
        plant_id: made.plant_id,
        number: "D-1".into(),
        customer: Some("Retail".into()),
        state: ShipmentState::Other,
        other_state: Some("AT_GATE".into()),
        planned_at: None,
        eta: None,
        revision: 0,
    };
    let shipment = create!(tx, shipment, shipment);
    let item = shipment_item::Model {
        id: ShipmentItemId::new(),
        plant_id: made.plant_id,
        shipment_id: shipment.id,
        lot_id: Some(made.id),
        material_id: Some(made.material_id),
        quantity: kilograms(5),
        unit: "kg".into(),
        revision: 0,
    };
    let item = create!(tx, shipment_item, item);
    let document = document::Model {
        id: DocumentId::new(),
        plant_id: made.plant_id,
        number: "A-1".into(),
        kind: "certificate of analysis".into(),
        subject_type: SubjectType::Shipment,
        subject_id: shipment.id.0,
        required: true,
        state: DocumentState::Missing,
        other_state: None,
        revision: 0,
    };
    let document = create!(tx, document, document);
    (shipment, item, document)
}

async fn trouble(
    tx: &mut Tx,
    world: &World,
    lot: &material_lot::Model,
    source: SourceId,
) -> (alarm::Model, accepted_difference::Model) {
    let plant = world.nord.plant;
    let alarm = alarm::Model {
        id: AlarmId::new(),
        plant_id: plant,
        source_id: source,
        line_id: Some(world.line("L1")),
        source_node: "ns=2;s=Filler".into(),
        condition: "ns=2;s=Filler.Door".into(),
        branch: String::new(),
        name: "Door".into(),
        message: "The door is open".into(),
        severity: 700,
        active: true,
        acked: false,
        confirmed: false,
        suppressed: false,
        retain: true,
        active_since: None,
        acked_by: None,
        replayed: false,
        revision: 0,
    };
    let alarm = create!(tx, alarm, alarm);
    let accepted = accepted_difference::Model {
        id: AcceptedDifferenceId::new(),
        plant_id: plant,
        subject_type: SubjectType::MaterialLot,
        subject_id: lot.id.0,
        attribute: "quantity".into(),
        fingerprint: "f".into(),
        chosen_source: Some(source),
        reason: "the scale is being repaired".into(),
        accepted_by: "Max".into(),
        accepted_by_person: "max".into(),
        until: world.now() + chrono::TimeDelta::hours(1),
        case_id: None,
        decision_id: None,
        ended_at: None,
        revision: 0,
    };
    let accepted = create!(tx, accepted_difference, accepted);
    (alarm, accepted)
}

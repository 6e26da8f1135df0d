//! A row of every kind that surrounds lines, lots and orders.

use model::{
    AlarmId, BillItemId, Disposition, DocumentId, DocumentState, JobOrderId, JobResponseId, JobState, JobSubState,
    LotId, LotLinkId, MaterialClassId, MaterialId, MissingMaterial, OrderId, PlantId, Quantity, Readiness,
    RequestState, ResponseState, ShiftId, ShipmentId, ShipmentItemId, ShipmentState, StagingState, StagingTaskId,
    StorageKind, StorageLocationId, SubjectType,
    entity::{
        alarm, bill_item, document, job_order, job_response, lot_link, material, material_class, material_lot,
        production_order, shift, shipment, shipment_item, staging_task, storage_location, subject::Subject,
    },
    journal::ChangeKind,
    store::{Actor, Tx},
};

use super::super::harness::Twin;

async fn create<E: Subject>(tx: &mut Tx, row: E::Model) -> E::Model {
    tx.create::<E>(row, ChangeKind::Created).await.unwrap()
}

fn kilograms(amount: i64) -> Quantity {
    Quantity(amount.into())
}

fn lot(plant: PlantId, material: MaterialId, number: &str, parent: Option<LotId>) -> material_lot::Model {
    material_lot::Model {
        id: LotId::new(),
        plant_id: plant,
        material_id: material,
        number: number.into(),
        quantity: kilograms(10),
        unit: "kg".into(),
        disposition: Disposition::Other,
        status: None,
        location: Some("S-1".into()),
        open_holds: 0,
        parent_lot_id: parent,
        other_disposition: Some("SAMPLING".into()),
        expires_at: None,
        revision: 0,
    }
}

/// Lots C-1 → P-1 → P-2 and the part P-1/1, order N-1 that uses them, and everything around.
pub async fn with_shelves() -> Twin {
    let twin = Twin::start().await;
    let mut tx = twin.store.begin(Actor::system("test", "shelves")).await.unwrap();
    let plant = twin.hamburg.plant;
    let class = material_class::Model {
        id: MaterialClassId::new(),
        plant_id: plant,
        code: "DAIRY".into(),
        name: "Dairy".into(),
        revision: 0,
    };
    let class = create::<material_class::Entity>(&mut tx, class).await.id;
    let material = |code: &str| material::Model {
        id: MaterialId::new(),
        plant_id: plant,
        code: code.into(),
        name: code.into(),
        unit: "kg".into(),
        class_id: Some(class),
        revision: 0,
    };
    let product = create::<material::Entity>(&mut tx, material("P")).await.id;
    let component = create::<material::Entity>(&mut tx, material("C")).await.id;
    let bill = bill_item::Model {
        id: BillItemId::new(),
        plant_id: plant,
        material_id: product,
        component_id: component,
        quantity: kilograms(2),
        unit: "kg".into(),
        revision: 0,
    };
    create::<bill_item::Entity>(&mut tx, bill).await;
    let used = create::<material_lot::Entity>(&mut tx, lot(plant, component, "C-1", None)).await.id;
    let made = create::<material_lot::Entity>(&mut tx, lot(plant, product, "P-1", None)).await.id;
    let last = create::<material_lot::Entity>(&mut tx, lot(plant, product, "P-2", None)).await.id;
    create::<material_lot::Entity>(&mut tx, lot(plant, product, "P-1/1", Some(made))).await;
    // The last step makes a circle: rework. No walk may follow it for ever.
    for (parent, child) in [(used, made), (made, last), (last, made)] {
        let link = lot_link::Model {
            id: LotLinkId::new(),
            plant_id: plant,
            parent_lot_id: parent,
            child_lot_id: child,
            quantity: kilograms(5),
            unit: "kg".into(),
            order_id: None,
            revision: 0,
        };
        create::<lot_link::Entity>(&mut tx, link).await;
    }
    order(&mut tx, plant, product, component, used).await;
    around(&mut tx, &twin, made).await;
    tx.commit().await.unwrap();
    twin
}

async fn order(tx: &mut Tx, plant: PlantId, product: MaterialId, component: MaterialId, used: LotId) {
    let order = production_order::Model {
        id: OrderId::new(),
        plant_id: plant,
        number: "N-1".into(),
        material_id: Some(product),
        state: RequestState::Other,
        quantity: kilograms(10),
        unit: "kg".into(),
        planned_start: None,
        planned_end: None,
        other_state: Some("PARKED".into()),
        revision: 0,
    };
    let order = create::<production_order::Entity>(tx, order).await.id;
    let missing = MissingMaterial {
        material: component,
        lot: Some(used),
        quantity: kilograms(10),
        unit: "kg".into(),
        reason: "the lot is held".into(),
    };
    let job = job_order::Model {
        id: JobOrderId::new(),
        plant_id: plant,
        order_id: order,
        line_id: None,
        state: JobState::AllowedToStart,
        good_quantity: Quantity::default(),
        scrap_quantity: Quantity::default(),
        sub_state: Some(JobSubState::Waiting),
        readiness: Some(Readiness::Blocked),
        readiness_detail: Some(serde_json::to_string(&[missing]).unwrap()),
        readiness_at: Some(tx.at()),
        revision: 0,
    };
    let job = create::<job_order::Entity>(tx, job).await.id;
    let response = job_response::Model {
        id: JobResponseId::new(),
        plant_id: plant,
        job_order_id: job,
        number: "R-1".into(),
        state: ResponseState::Paused,
        good_quantity: kilograms(3),
        scrap_quantity: kilograms(1),
        unit: "kg".into(),
        started_at: None,
        ended_at: None,
        revision: 0,
    };
    create::<job_response::Entity>(tx, response).await;
    let staging = staging_task::Model {
        id: StagingTaskId::new(),
        plant_id: plant,
        number: "T-1".into(),
        order_id: Some(order),
        material_id: Some(component),
        lot_id: Some(used),
        quantity: kilograms(20),
        unit: "kg".into(),
        from_location: Some("S-1".into()),
        to_location: Some("L1".into()),
        state: StagingState::Released,
        other_state: None,
        due_at: None,
        revision: 0,
    };
    create::<staging_task::Entity>(tx, staging).await;
}

async fn around(tx: &mut Tx, twin: &Twin, made: LotId) {
    let plant = twin.hamburg.plant;
    let shipment = shipment::Model {
        id: ShipmentId::new(),
        plant_id: plant,
        number: "D-1".into(),
        customer: Some("Retail".into()),
        state: ShipmentState::Packed,
        other_state: None,
        planned_at: None,
        eta: None,
        revision: 0,
    };
    let shipment = create::<shipment::Entity>(tx, shipment).await.id;
    for amount in [1, 2] {
        let item = shipment_item::Model {
            id: ShipmentItemId::new(),
            plant_id: plant,
            shipment_id: shipment,
            lot_id: Some(made),
            material_id: None,
            quantity: kilograms(amount),
            unit: "kg".into(),
            revision: 0,
        };
        create::<shipment_item::Entity>(tx, item).await;
    }
    let document = document::Model {
        id: DocumentId::new(),
        plant_id: plant,
        number: "A-1".into(),
        kind: "certificate of analysis".into(),
        subject_type: SubjectType::Shipment,
        subject_id: shipment.0,
        required: true,
        state: DocumentState::Missing,
        other_state: None,
        revision: 0,
    };
    create::<document::Entity>(tx, document).await;
    let location = storage_location::Model {
        id: StorageLocationId::new(),
        plant_id: plant,
        area_id: None,
        code: "S-1".into(),
        name: "Shelf".into(),
        kind: StorageKind::Quarantine,
        revision: 0,
    };
    create::<storage_location::Entity>(tx, location).await;
    let shift = shift::Model {
        id: ShiftId::new(),
        plant_id: plant,
        code: "EARLY".into(),
        name: "Early".into(),
        weekdays: "MON,SUN".into(),
        starts_at: "06:00".into(),
        ends_at: "14:00".into(),
        revision: 0,
    };
    create::<shift::Entity>(tx, shift).await;
    let alarm = alarm::Model {
        id: AlarmId::new(),
        plant_id: plant,
        source_id: twin.hamburg.sources["FLOOR"],
        line_id: Some(twin.hamburg.lines["L1"]),
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
    create::<alarm::Entity>(tx, alarm).await;
}

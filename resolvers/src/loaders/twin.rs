//! Loaders of what surrounds lines, lots and orders: material, genealogy, staging, shipping, documents, shifts, alarms, streams.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use model::{
    AcceptedDifferenceId, AlarmId, AreaId, BillItemId, DocumentId, JobOrderId, JobResponseId, LineId, LotId, LotLinkId,
    MaterialClassId, MaterialId, OrderId, PlantId, ShiftId, ShipmentId, ShipmentItemId, SourceId, StagingTaskId,
    StorageLocationId, SubjectType,
    entity::{
        accepted_difference, alarm, bill_item, document, exception_case, external_reference, job_response, lot_link,
        material, material_class, material_lot, shift, shipment, shipment_item, staging_task, storage_location,
        stream_cursor,
    },
};
use uuid::Uuid;

use super::{Batches, grouped};
use crate::error::Error;

by_id! {
    AcceptedDifferenceId => accepted_difference, AlarmId => alarm, BillItemId => bill_item, DocumentId => document,
    JobResponseId => job_response, LotLinkId => lot_link, MaterialClassId => material_class, ShiftId => shift,
    ShipmentId => shipment, ShipmentItemId => shipment_item, StagingTaskId => staging_task,
    StorageLocationId => storage_location,
}

children! {
    /// The shifts of a plant.
    ShiftsOf(PlantId) => shift by plant_id through shifts_of;
    /// The storage locations of an area.
    StorageLocationsOf(AreaId) => storage_location by area_id through storage_locations_of_areas;
    /// The alarms that a line still shows.
    AlarmsOf(LineId) => alarm by line_id through alarms_of;
    /// The streams of a source.
    StreamsOf(SourceId) => stream_cursor by source_id through streams_of;
    /// The materials of a class.
    MaterialsOfClass(MaterialClassId) => material by class_id through materials_of_classes;
    /// What goes into a material.
    BillOf(MaterialId) => bill_item by material_id through bill_items_of;
    /// What a material goes into.
    UsesOf(MaterialId) => bill_item by component_id through bill_items_using;
    /// The parts of a lot.
    SublotsOf(LotId) => material_lot by parent_lot_id through sublots_of;
    /// What a lot was made from.
    LinksTo(LotId) => lot_link by child_lot_id through links_to;
    /// What a lot went into.
    LinksFrom(LotId) => lot_link by parent_lot_id through links_from;
    /// The staging tasks of a lot.
    StagingOfLot(LotId) => staging_task by lot_id through staging_tasks_of_lots;
    /// The items of shipments that carry a lot.
    ItemsOfLot(LotId) => shipment_item by lot_id through shipment_items_of_lots;
    /// The staging tasks of a production order.
    StagingOfOrder(OrderId) => staging_task by order_id through staging_tasks_of_orders;
    /// The responses to a job order.
    ResponsesOf(JobOrderId) => job_response by job_order_id through job_responses_of;
    /// What a shipment carries.
    ItemsOf(ShipmentId) => shipment_item by shipment_id through shipment_items_of;
}

/// The records of all systems that speak of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VoicesOn(pub Uuid);

impl Loader<VoicesOn> for Batches {
    type Value = Vec<external_reference::Model>;
    type Error = Error;

    async fn load(&self, keys: &[VoicesOn]) -> Result<HashMap<VoicesOn, Self::Value>, Error> {
        let subjects: Vec<_> = keys.iter().map(|key| key.0).collect();
        grouped(self.0.references_of(&subjects).await?, |row| Some(VoicesOn(row.subject_id)))
    }
}

/// The differences that were accepted about an object and have not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AcceptedOn(pub Uuid);

impl Loader<AcceptedOn> for Batches {
    type Value = Vec<accepted_difference::Model>;
    type Error = Error;

    async fn load(&self, keys: &[AcceptedOn]) -> Result<HashMap<AcceptedOn, Self::Value>, Error> {
        let subjects: Vec<_> = keys.iter().map(|key| key.0).collect();
        let mut rows = self.0.accepted_differences_of(&subjects).await?;
        rows.retain(|row| row.ended_at.is_none());
        grouped(rows, |row| Some(AcceptedOn(row.subject_id)))
    }
}

/// The open cases about an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CasesAbout(pub Uuid);

impl Loader<CasesAbout> for Batches {
    type Value = Vec<exception_case::Model>;
    type Error = Error;

    async fn load(&self, keys: &[CasesAbout]) -> Result<HashMap<CasesAbout, Self::Value>, Error> {
        let subjects: Vec<_> = keys.iter().map(|key| key.0).collect();
        grouped(self.0.open_cases_about(&subjects).await?, |row| row.subject_id.map(CasesAbout))
    }
}

by_natural_key! {
    /// The material of a plant with a code.
    MaterialsCoded => material by code through materials_by_codes;
    /// The material class of a plant with a code.
    ClassesCoded => material_class by code through material_classes_by_codes;
    /// The storage location of a plant with a code.
    StorageLocationsCoded => storage_location by code through storage_locations_by_codes;
    /// The shift of a plant with a code.
    ShiftsCoded => shift by code through shifts_by_codes;
    /// The staging task of a plant with a number.
    StagingTasksNumbered => staging_task by number through staging_tasks_by_numbers;
    /// The shipment of a plant with a number.
    ShipmentsNumbered => shipment by number through shipments_by_numbers;
    /// The document of a plant with a number.
    DocumentsNumbered => document by number through documents_by_numbers;
    /// The job response of a plant with a number.
    ResponsesNumbered => job_response by number through job_responses_by_numbers;
}

/// The documents of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DocumentsOf(pub SubjectType, pub Uuid);

impl Loader<DocumentsOf> for Batches {
    type Value = Vec<document::Model>;
    type Error = Error;

    async fn load(&self, keys: &[DocumentsOf]) -> Result<HashMap<DocumentsOf, Self::Value>, Error> {
        let mut subjects: HashMap<SubjectType, Vec<Uuid>> = HashMap::new();
        for DocumentsOf(kind, id) in keys {
            subjects.entry(*kind).or_default().push(*id);
        }
        let mut documents = HashMap::new();
        for (kind, ids) in subjects {
            let rows = self.0.documents_of(kind, &ids).await?;
            documents.extend(grouped(rows, |row| Some(DocumentsOf(row.subject_type, row.subject_id)))?);
        }
        Ok(documents)
    }
}

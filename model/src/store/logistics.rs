//! Storage locations, staging tasks, shipments, documents.

use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use crate::{
    entity::{document, shipment, shipment_item, staging_task, storage_location, subject::SubjectType},
    error::Error,
    ids::{LotId, OrderId, PlantId, ShipmentId},
    state::{ShipmentState, StagingState},
    store::{Page, PageRequest, Tx, View},
};

impl View {
    /// A stretch of the storage locations, of one plant if given.
    pub async fn storage_locations_page(
        &self,
        plant: Option<PlantId>,
        request: PageRequest,
    ) -> Result<Page<storage_location::Model>, Error> {
        self.page_of_plant::<storage_location::Entity>(plant, Condition::all(), request).await
    }

    /// Number of the same storage locations.
    pub async fn storage_locations_count(&self, plant: Option<PlantId>) -> Result<u64, Error> {
        self.count_of_plant::<storage_location::Entity>(plant, Condition::all()).await
    }

    /// The storage locations of these plants with one of these codes.
    pub async fn storage_locations_by_codes(
        &self,
        plants: &[PlantId],
        codes: &[String],
    ) -> Result<Vec<storage_location::Model>, Error> {
        self.of_plants::<storage_location::Entity>(plants, storage_location::Column::Code, codes).await
    }

    /// A stretch of the staging tasks, of one plant if given, in these states if any are given.
    pub async fn staging_tasks_page(
        &self,
        plant: Option<PlantId>,
        states: &[StagingState],
        request: PageRequest,
    ) -> Result<Page<staging_task::Model>, Error> {
        self.page_of_plant::<staging_task::Entity>(plant, staging(states), request).await
    }

    /// Number of the same staging tasks.
    pub async fn staging_tasks_count(&self, plant: Option<PlantId>, states: &[StagingState]) -> Result<u64, Error> {
        self.count_of_plant::<staging_task::Entity>(plant, staging(states)).await
    }

    /// The staging tasks of these plants with one of these numbers.
    pub async fn staging_tasks_by_numbers(
        &self,
        plants: &[PlantId],
        numbers: &[String],
    ) -> Result<Vec<staging_task::Model>, Error> {
        self.of_plants::<staging_task::Entity>(plants, staging_task::Column::Number, numbers).await
    }

    /// The staging tasks of these production orders.
    pub async fn staging_tasks_of_orders(&self, orders: &[OrderId]) -> Result<Vec<staging_task::Model>, Error> {
        self.having::<staging_task::Entity, _>(staging_task::Column::OrderId, orders).await
    }

    /// The staging tasks of these lots.
    pub async fn staging_tasks_of_lots(&self, lots: &[LotId]) -> Result<Vec<staging_task::Model>, Error> {
        self.having::<staging_task::Entity, _>(staging_task::Column::LotId, lots).await
    }

    /// A stretch of the shipments, of one plant if given, in these states if any are given.
    pub async fn shipments_page(
        &self,
        plant: Option<PlantId>,
        states: &[ShipmentState],
        request: PageRequest,
    ) -> Result<Page<shipment::Model>, Error> {
        self.page_of_plant::<shipment::Entity>(plant, shipping(states), request).await
    }

    /// Number of the same shipments.
    pub async fn shipments_count(&self, plant: Option<PlantId>, states: &[ShipmentState]) -> Result<u64, Error> {
        self.count_of_plant::<shipment::Entity>(plant, shipping(states)).await
    }

    /// The shipments of these plants with one of these numbers.
    pub async fn shipments_by_numbers(
        &self,
        plants: &[PlantId],
        numbers: &[String],
    ) -> Result<Vec<shipment::Model>, Error> {
        self.of_plants::<shipment::Entity>(plants, shipment::Column::Number, numbers).await
    }

    /// What these shipments carry.
    pub async fn shipment_items_of(&self, shipments: &[ShipmentId]) -> Result<Vec<shipment_item::Model>, Error> {
        self.having::<shipment_item::Entity, _>(shipment_item::Column::ShipmentId, shipments).await
    }

    /// The items of shipments that carry these lots.
    pub async fn shipment_items_of_lots(&self, lots: &[LotId]) -> Result<Vec<shipment_item::Model>, Error> {
        self.having::<shipment_item::Entity, _>(shipment_item::Column::LotId, lots).await
    }

    /// The documents of these plants with one of these numbers.
    pub async fn documents_by_numbers(
        &self,
        plants: &[PlantId],
        numbers: &[String],
    ) -> Result<Vec<document::Model>, Error> {
        self.of_plants::<document::Entity>(plants, document::Column::Number, numbers).await
    }

    /// The documents of these subjects.
    pub async fn documents_of(&self, kind: SubjectType, subjects: &[Uuid]) -> Result<Vec<document::Model>, Error> {
        self.all::<document::Entity>(
            Condition::all()
                .add(document::Column::SubjectType.eq(kind))
                .add(document::Column::SubjectId.is_in(subjects.iter().copied())),
        )
        .await
    }
}

fn staging(states: &[StagingState]) -> Condition {
    let state = (!states.is_empty()).then(|| staging_task::Column::State.is_in(states.iter().copied()));
    Condition::all().add_option(state)
}

fn shipping(states: &[ShipmentState]) -> Condition {
    let state = (!states.is_empty()).then(|| shipment::Column::State.is_in(states.iter().copied()));
    Condition::all().add_option(state)
}

impl Tx {
    /// The storage locations of a plant with these codes.
    pub async fn job_storage_locations_by_codes(
        &self,
        plant: PlantId,
        codes: &[String],
    ) -> Result<Vec<storage_location::Model>, Error> {
        self.job_of_plant::<storage_location::Entity>(plant, storage_location::Column::Code, codes).await
    }

    /// The staging tasks of a plant with these numbers.
    pub async fn job_staging_tasks_by_numbers(
        &self,
        plant: PlantId,
        numbers: &[String],
    ) -> Result<Vec<staging_task::Model>, Error> {
        self.job_of_plant::<staging_task::Entity>(plant, staging_task::Column::Number, numbers).await
    }

    /// The staging tasks of these production orders.
    pub async fn job_staging_tasks_of(&self, orders: &[OrderId]) -> Result<Vec<staging_task::Model>, Error> {
        self.job_in::<staging_task::Entity, _>(Condition::all(), staging_task::Column::OrderId, orders).await
    }

    /// The shipments of a plant with these numbers.
    pub async fn job_shipments_by_numbers(
        &self,
        plant: PlantId,
        numbers: &[String],
    ) -> Result<Vec<shipment::Model>, Error> {
        self.job_of_plant::<shipment::Entity>(plant, shipment::Column::Number, numbers).await
    }

    /// What these shipments carry.
    pub async fn job_shipment_items_of(&self, shipments: &[ShipmentId]) -> Result<Vec<shipment_item::Model>, Error> {
        self.job_in::<shipment_item::Entity, _>(Condition::all(), shipment_item::Column::ShipmentId, shipments).await
    }

    /// The documents of a plant with these numbers.
    pub async fn job_documents_by_numbers(
        &self,
        plant: PlantId,
        numbers: &[String],
    ) -> Result<Vec<document::Model>, Error> {
        self.job_of_plant::<document::Entity>(plant, document::Column::Number, numbers).await
    }
}

//! A staging task.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::{
    PlantId, SubjectType,
    entity::staging_task,
    store::{Page, PageRequest, View},
};

use super::{
    Case, Claim, Material, MaterialLot, Plant, ProductionOrder, Quantity, Reconciliation, StorageLocation,
    reconciliation::{claimed, reconciled},
};
use crate::{
    connection::Listing,
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::CasesAbout,
    words::StagingState,
};

/// A staging task: material to be brought to where it is needed.
#[derive(Clone, Debug, Description)]
pub struct StagingTask(pub staging_task::Model);

wraps!(StagingTask, staging_task);

#[Object(use_type_description)]
impl StagingTask {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Business number, unique in the plant.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Code of the plant; with `number` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// The production order that needs it.
    async fn order(&self, context: &Context<'_>) -> Result<Option<ProductionOrder>, Error> {
        context.loaders().maybe(self.0.order_id).await.map(|row| row.map(ProductionOrder))
    }

    /// The material.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>, Error> {
        context.loaders().maybe(self.0.material_id).await.map(|row| row.map(Material))
    }

    /// The lot, once one is chosen.
    async fn lot(&self, context: &Context<'_>) -> Result<Option<MaterialLot>, Error> {
        context.loaders().maybe(self.0.lot_id).await.map(|row| row.map(MaterialLot))
    }

    /// How much.
    async fn quantity(&self) -> Quantity {
        Quantity::new(self.0.quantity, &self.0.unit)
    }

    /// Code of the place it comes from.
    async fn from_location(&self) -> Option<&str> {
        self.0.from_location.as_deref()
    }

    /// The place it comes from; null when no storage location of the plant has that code.
    async fn from(&self, context: &Context<'_>) -> Result<Option<StorageLocation>, Error> {
        StorageLocation::coded(context, self.0.plant_id, self.0.from_location.as_deref()).await
    }

    /// Code of the place it goes to.
    async fn to_location(&self) -> Option<&str> {
        self.0.to_location.as_deref()
    }

    /// The place it goes to; null when no storage location of the plant has that code.
    async fn to(&self, context: &Context<'_>) -> Result<Option<StorageLocation>, Error> {
        StorageLocation::coded(context, self.0.plant_id, self.0.to_location.as_deref()).await
    }

    /// State.
    async fn state(&self) -> StagingState {
        self.0.state.into()
    }

    /// What the source calls the state when it is OTHER.
    async fn other_state(&self) -> Option<&str> {
        self.0.other_state.as_deref()
    }

    /// When it must be there.
    async fn due_at(&self) -> Option<DateTime<Utc>> {
        self.0.due_at
    }

    /// What each system says of it, side by side.
    async fn claims(&self, context: &Context<'_>) -> Result<Vec<Claim>, Error> {
        claimed(context, self.0.id.0).await
    }

    /// What the systems say of it, attribute by attribute: what the twin concludes, by which rule, and why.
    async fn reconciliation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only these attributes.")] attributes: Option<Vec<String>>,
    ) -> Result<Vec<Reconciliation>, Error> {
        reconciled(context, self.0.plant_id, SubjectType::StagingTask, self.0.id.0, None, attributes).await
    }

    /// The open cases about it.
    async fn open_cases(&self, context: &Context<'_>) -> Result<Vec<Case>, Error> {
        Ok(context.loaders().many(CasesAbout(self.0.id.0)).await?.into_iter().map(Case).collect())
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// The staging tasks of a plant.
pub struct StagingTasks {
    /// The plant; all visible ones if not given.
    pub plant: Option<PlantId>,
    /// Only these, if any are given.
    pub states: Vec<model::StagingState>,
}

impl Listing for StagingTasks {
    type Entity = staging_task::Entity;
    type Node = StagingTask;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<staging_task::Model>, model::Error> {
        view.staging_tasks_page(self.plant, &self.states, request).await
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        view.staging_tasks_count(self.plant, &self.states).await
    }
}

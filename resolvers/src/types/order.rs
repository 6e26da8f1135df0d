//! A production order.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::{
    PlantId, SubjectType,
    entity::production_order,
    store::{Page, PageRequest, View},
};

use super::{
    Case, Claim, Document, JobOrder, Material, Plant, Quantity, Reconciliation, StagingTask,
    reconciliation::{claimed, reconciled},
};
use crate::{
    connection::Listing,
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::{CasesAbout, DocumentsOf, JobOrdersOf, StagingOfOrder},
    words::RequestState,
};

/// A production order (ISA-95 operations request), as the twin concludes from what the systems claim.
#[derive(Clone, Debug, Description)]
pub struct ProductionOrder(pub production_order::Model);

wraps!(ProductionOrder, production_order);

#[Object(use_type_description)]
impl ProductionOrder {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Business number, unique in the plant. It may change; the id does not.
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

    /// What is made; null when no system has said.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>, Error> {
        match self.0.material_id {
            Some(material) => Ok(context.loaders().one(material).await?.map(Material)),
            None => Ok(None),
        }
    }

    /// State.
    async fn state(&self) -> RequestState {
        self.0.state.into()
    }

    /// What the source calls the state when it is OTHER.
    async fn other_state(&self) -> Option<&str> {
        self.0.other_state.as_deref()
    }

    /// Ordered quantity.
    async fn quantity(&self) -> Quantity {
        Quantity::new(self.0.quantity, &self.0.unit)
    }

    /// Planned start.
    async fn planned_start(&self) -> Option<DateTime<Utc>> {
        self.0.planned_start
    }

    /// Planned end.
    async fn planned_end(&self) -> Option<DateTime<Utc>> {
        self.0.planned_end
    }

    /// The parts of it that lines run.
    async fn job_orders(&self, context: &Context<'_>) -> Result<Vec<JobOrder>, Error> {
        Ok(context.loaders().many(JobOrdersOf(self.0.id)).await?.into_iter().map(JobOrder).collect())
    }

    /// The tasks that bring it its material.
    async fn staging_tasks(&self, context: &Context<'_>) -> Result<Vec<StagingTask>, Error> {
        Ok(context.loaders().many(StagingOfOrder(self.0.id)).await?.into_iter().map(StagingTask).collect())
    }

    /// The documents that belong to it, there or missing.
    async fn documents(&self, context: &Context<'_>) -> Result<Vec<Document>, Error> {
        let rows = context.loaders().many(DocumentsOf(SubjectType::ProductionOrder, self.0.id.0)).await?;
        Ok(rows.into_iter().map(Document).collect())
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
        reconciled(context, self.0.plant_id, SubjectType::ProductionOrder, self.0.id.0, None, attributes).await
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

/// The production orders of a plant, in these states if any are given.
pub struct Orders {
    /// The plant.
    pub plant: PlantId,
    /// Only these.
    pub states: Vec<model::RequestState>,
}

impl Listing for Orders {
    type Entity = production_order::Entity;
    type Node = ProductionOrder;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<production_order::Model>, model::Error> {
        view.orders_page(Some(self.plant), &self.states, request).await
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        view.orders_count(Some(self.plant), &self.states).await
    }
}

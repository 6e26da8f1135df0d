//! A shipment.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::{
    PlantId, SubjectType,
    entity::shipment,
    store::{Page, PageRequest, View},
};

use super::{
    Case, Claim, Document, Plant, Reconciliation, ShipmentItem,
    reconciliation::{claimed, reconciled},
};
use crate::{
    connection::Listing,
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::{CasesAbout, DocumentsOf, ItemsOf},
    words::ShipmentState,
};

/// Goods on their way to a customer.
#[derive(Clone, Debug, Description)]
pub struct Shipment(pub shipment::Model);

wraps!(Shipment, shipment);

#[Object(use_type_description)]
impl Shipment {
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

    /// Who gets it.
    async fn customer(&self) -> Option<&str> {
        self.0.customer.as_deref()
    }

    /// State.
    async fn state(&self) -> ShipmentState {
        self.0.state.into()
    }

    /// What the source calls the state when it is OTHER.
    async fn other_state(&self) -> Option<&str> {
        self.0.other_state.as_deref()
    }

    /// When it shall leave.
    async fn planned_at(&self) -> Option<DateTime<Utc>> {
        self.0.planned_at
    }

    /// When it is expected to arrive.
    async fn eta(&self) -> Option<DateTime<Utc>> {
        self.0.eta
    }

    /// What it carries.
    async fn items(&self, context: &Context<'_>) -> Result<Vec<ShipmentItem>, Error> {
        Ok(context.loaders().many(ItemsOf(self.0.id)).await?.into_iter().map(ShipmentItem).collect())
    }

    /// The documents that belong to it, there or missing.
    async fn documents(&self, context: &Context<'_>) -> Result<Vec<Document>, Error> {
        let rows = context.loaders().many(DocumentsOf(SubjectType::Shipment, self.0.id.0)).await?;
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
        reconciled(context, self.0.plant_id, SubjectType::Shipment, self.0.id.0, None, attributes).await
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

/// The shipments of a plant.
pub struct Shipments {
    /// The plant; all visible ones if not given.
    pub plant: Option<PlantId>,
    /// Only these, if any are given.
    pub states: Vec<model::ShipmentState>,
}

impl Listing for Shipments {
    type Entity = shipment::Entity;
    type Node = Shipment;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<shipment::Model>, model::Error> {
        view.shipments_page(self.plant, &self.states, request).await
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        view.shipments_count(self.plant, &self.states).await
    }
}

//! A material lot.

use std::collections::BTreeSet;

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use futures::future::try_join_all;
use model::{
    MaterialId, PlantId, SubjectType,
    entity::material_lot,
    store::{Page, PageRequest, View},
};

use super::{
    Case, Claim, Document, GenealogyDirection, GenealogyStep, Hold, LotLink, Material, Plant, Quantity, Reconciliation,
    Shipment, StagingTask, StorageLocation, genealogy,
    reconciliation::{claimed, reconciled},
};
use crate::{
    connection::Listing,
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::{CasesAbout, DocumentsOf, HoldsOf, ItemsOfLot, LinksFrom, LinksTo, StagingOfLot, SublotsOf},
    words::Disposition,
};

/// A material lot, as the twin concludes from what the systems claim.
#[derive(Clone, Debug, Description)]
pub struct MaterialLot(pub material_lot::Model);

wraps!(MaterialLot, material_lot);

#[Object(use_type_description)]
impl MaterialLot {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Lot number, unique with the material.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Code of the plant; with `materialCode` and `number` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// The material.
    async fn material(&self, context: &Context<'_>) -> Result<Material, Error> {
        context.loaders().required(self.0.material_id).await.map(Material)
    }

    /// Code of the material; with `plantCode` and `number` the natural key.
    async fn material_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.material_id).await?.code)
    }

    /// Quantity on hand.
    async fn quantity(&self) -> Quantity {
        Quantity::new(self.0.quantity, &self.0.unit)
    }

    /// What it may be used for, holds aside.
    async fn disposition(&self) -> Disposition {
        self.0.disposition.into()
    }

    /// What the source calls the disposition when it is OTHER.
    async fn other_disposition(&self) -> Option<&str> {
        self.0.other_disposition.as_deref()
    }

    /// The status as its source writes it.
    async fn status(&self) -> Option<&str> {
        self.0.status.as_deref()
    }

    /// Where it lies, by the source's code.
    async fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// The place where it lies; null when no storage location of the plant has that code.
    async fn storage_location(&self, context: &Context<'_>) -> Result<Option<StorageLocation>, Error> {
        StorageLocation::coded(context, self.0.plant_id, self.0.location.as_deref()).await
    }

    /// When it must no longer be used.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Whether it may be used now: its disposition is UNRESTRICTED and no hold binds.
    async fn usable(&self) -> bool {
        self.0.disposition.is_usable(self.0.open_holds)
    }

    /// Number of holds that bind.
    async fn open_holds(&self) -> i64 {
        self.0.open_holds
    }

    /// Its holds, released ones included, oldest first.
    async fn holds(&self, context: &Context<'_>) -> Result<Vec<Hold>, Error> {
        Ok(context.loaders().many(HoldsOf(self.0.id)).await?.into_iter().map(Hold).collect())
    }

    /// The lot that it is a part of; null unless it is a sublot.
    async fn parent(&self, context: &Context<'_>) -> Result<Option<MaterialLot>, Error> {
        context.loaders().maybe(self.0.parent_lot_id).await.map(|row| row.map(MaterialLot))
    }

    /// Its parts.
    async fn sublots(&self, context: &Context<'_>) -> Result<Vec<MaterialLot>, Error> {
        Ok(context.loaders().many(SublotsOf(self.0.id)).await?.into_iter().map(MaterialLot).collect())
    }

    /// What it was made from: one step of genealogy back.
    async fn made_from(&self, context: &Context<'_>) -> Result<Vec<LotLink>, Error> {
        Ok(context.loaders().many(LinksTo(self.0.id)).await?.into_iter().map(LotLink).collect())
    }

    /// What it went into: one step of genealogy forward.
    async fn went_into(&self, context: &Context<'_>) -> Result<Vec<LotLink>, Error> {
        Ok(context.loaders().many(LinksFrom(self.0.id)).await?.into_iter().map(LotLink).collect())
    }

    /// Every lot within some steps of genealogy, the nearest first; sublots and the lots that they are parts of are steps too.
    async fn genealogy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which way to walk.")] direction: GenealogyDirection,
        #[graphql(desc = "How many steps at most: 1 to 10.", default = 10)] depth: i32,
    ) -> Result<Vec<GenealogyStep>, Error> {
        genealogy::walk(context, &self.0, direction, depth).await
    }

    /// The tasks that bring it to where it is needed.
    async fn staging_tasks(&self, context: &Context<'_>) -> Result<Vec<StagingTask>, Error> {
        Ok(context.loaders().many(StagingOfLot(self.0.id)).await?.into_iter().map(StagingTask).collect())
    }

    /// The shipments that carry it.
    async fn shipments(&self, context: &Context<'_>) -> Result<Vec<Shipment>, Error> {
        let items = context.loaders().many(ItemsOfLot(self.0.id)).await?;
        let ids: BTreeSet<_> = items.into_iter().map(|item| item.shipment_id).collect();
        let rows = try_join_all(ids.into_iter().map(|id| context.loaders().required(id))).await?;
        Ok(rows.into_iter().map(Shipment).collect())
    }

    /// The documents that belong to it, there or missing.
    async fn documents(&self, context: &Context<'_>) -> Result<Vec<Document>, Error> {
        let rows = context.loaders().many(DocumentsOf(SubjectType::MaterialLot, self.0.id.0)).await?;
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
        reconciled(context, self.0.plant_id, SubjectType::MaterialLot, self.0.id.0, None, attributes).await
    }

    /// The open cases about it.
    async fn open_cases(&self, context: &Context<'_>) -> Result<Vec<Case>, Error> {
        Ok(context.loaders().many(CasesAbout(self.0.id.0)).await?.into_iter().map(Case).collect())
    }

    /// Counts the changes of this object, from 1. `placeHold` expects it.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// A list of lots.
pub enum Lots {
    /// Those of a plant, of one disposition if given.
    OfPlant(PlantId, Option<model::Disposition>),
    /// Those of a material.
    OfMaterial(MaterialId),
}

impl Listing for Lots {
    type Entity = material_lot::Entity;
    type Node = MaterialLot;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<material_lot::Model>, model::Error> {
        match self {
            Self::OfPlant(plant, disposition) => view.lots_page(Some(*plant), *disposition, request).await,
            Self::OfMaterial(material) => view.lots_of_material_page(*material, request).await,
        }
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        match self {
            Self::OfPlant(plant, disposition) => view.lots_count(Some(*plant), *disposition).await,
            Self::OfMaterial(material) => view.lots_of_material_count(*material).await,
        }
    }
}

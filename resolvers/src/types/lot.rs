//! A material lot.

use async_graphql::{Context, Description, ID, Object};
use model::{
    PlantId, SubjectType,
    entity::material_lot,
    store::{Page, PageRequest, View},
};

use super::{Claim, Hold, Material, Plant, Quantity};
use crate::{
    connection::Listing,
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::{ClaimsOn, HoldsOf},
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

    /// The status as its source writes it.
    async fn status(&self) -> Option<&str> {
        self.0.status.as_deref()
    }

    /// Where it lies, by the source's code.
    async fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
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

    /// What each system says of it, side by side.
    async fn claims(&self, context: &Context<'_>) -> Result<Vec<Claim>, Error> {
        let rows = context.loaders().many(ClaimsOn(SubjectType::MaterialLot, self.0.id.0)).await?;
        Ok(rows.into_iter().map(Claim).collect())
    }

    /// Counts the changes of this object, from 1. `placeHold` expects it.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// The lots of a plant, of one disposition if given.
pub struct Lots {
    /// The plant.
    pub plant: PlantId,
    /// Only these.
    pub disposition: Option<model::Disposition>,
}

impl Listing for Lots {
    type Entity = material_lot::Entity;
    type Node = MaterialLot;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<material_lot::Model>, model::Error> {
        view.lots_page(Some(self.plant), self.disposition, request).await
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        view.lots_count(Some(self.plant), self.disposition).await
    }
}

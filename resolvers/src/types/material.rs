//! A material.

use async_graphql::{Context, Description, ID, Object};
use model::{
    PlantId,
    entity::material,
    store::{Page, PageRequest, View},
};

use super::{BillItem, Claim, Lots, MaterialClass, Plant, reconciliation::claimed};
use crate::{
    connection::{Connection, Listing},
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::{BillOf, UsesOf},
    paging::PageArguments,
};

/// A material as one plant knows it (ISA-95 material definition).
#[derive(Clone, Debug, Description)]
pub struct Material(pub material::Model);

wraps!(Material, material);

#[Object(use_type_description)]
impl Material {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Code, unique in the plant.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name to show.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Unit of its quantities.
    async fn unit(&self) -> &str {
        &self.0.unit
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Code of the plant; with `code` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// Its class.
    async fn class(&self, context: &Context<'_>) -> Result<Option<MaterialClass>, Error> {
        context.loaders().maybe(self.0.class_id).await.map(|row| row.map(MaterialClass))
    }

    /// What goes into it.
    async fn bill_of_material(&self, context: &Context<'_>) -> Result<Vec<BillItem>, Error> {
        Ok(context.loaders().many(BillOf(self.0.id)).await?.into_iter().map(BillItem).collect())
    }

    /// What it goes into.
    async fn where_used(&self, context: &Context<'_>) -> Result<Vec<BillItem>, Error> {
        Ok(context.loaders().many(UsesOf(self.0.id)).await?.into_iter().map(BillItem).collect())
    }

    /// Its lots.
    async fn lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<Lots>, Error> {
        Connection::read(context, Lots::OfMaterial(self.0.id), PageArguments { first, after, last, before }).await
    }

    /// What each system says of it, side by side.
    async fn claims(&self, context: &Context<'_>) -> Result<Vec<Claim>, Error> {
        claimed(context, self.0.id.0).await
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// The materials of a plant.
pub struct Materials {
    /// The plant; all visible ones if not given.
    pub plant: Option<PlantId>,
}

impl Listing for Materials {
    type Entity = material::Entity;
    type Node = Material;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<material::Model>, model::Error> {
        view.materials_page(self.plant, request).await
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        view.materials_count(self.plant).await
    }
}

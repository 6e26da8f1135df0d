//! A line of a bill of material.

use async_graphql::{Context, Description, ID, Object};
use model::entity::bill_item;

use super::{Material, Quantity};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
};

/// A line of a bill of material: so much of a component goes into one unit of a material.
#[derive(Clone, Debug, Description)]
pub struct BillItem(pub bill_item::Model);

wraps!(BillItem, bill_item);

#[Object(use_type_description)]
impl BillItem {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// What is made.
    async fn material(&self, context: &Context<'_>) -> Result<Material, Error> {
        context.loaders().required(self.0.material_id).await.map(Material)
    }

    /// What goes into it.
    async fn component(&self, context: &Context<'_>) -> Result<Material, Error> {
        context.loaders().required(self.0.component_id).await.map(Material)
    }

    /// How much of the component goes into one unit of the material.
    async fn quantity(&self) -> Quantity {
        Quantity::new(self.0.quantity, &self.0.unit)
    }

    /// Code of the plant; with `materialCode` and `componentCode` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// Code of what is made; with `plantCode` and `componentCode` the natural key.
    async fn material_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.material_id).await?.code)
    }

    /// Code of what goes into it; with `plantCode` and `materialCode` the natural key.
    async fn component_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.component_id).await?.code)
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

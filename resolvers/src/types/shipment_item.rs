//! An item of a shipment.

use async_graphql::{Context, Description, ID, Object};
use model::entity::shipment_item;

use super::{Material, MaterialLot, Quantity, Shipment};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
};

/// What a shipment carries.
#[derive(Clone, Debug, Description)]
pub struct ShipmentItem(pub shipment_item::Model);

wraps!(ShipmentItem, shipment_item);

#[Object(use_type_description)]
impl ShipmentItem {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The shipment.
    async fn shipment(&self, context: &Context<'_>) -> Result<Shipment, Error> {
        context.loaders().required(self.0.shipment_id).await.map(Shipment)
    }

    /// The lot, once one is chosen.
    async fn lot(&self, context: &Context<'_>) -> Result<Option<MaterialLot>, Error> {
        context.loaders().maybe(self.0.lot_id).await.map(|row| row.map(MaterialLot))
    }

    /// The material.
    async fn material(&self, context: &Context<'_>) -> Result<Option<Material>, Error> {
        context.loaders().maybe(self.0.material_id).await.map(|row| row.map(Material))
    }

    /// How much.
    async fn quantity(&self) -> Quantity {
        Quantity::new(self.0.quantity, &self.0.unit)
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

//! A step of genealogy.

use async_graphql::{Context, Description, ID, Object};
use model::entity::lot_link;

use super::{MaterialLot, ProductionOrder, Quantity};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
};

/// A step of genealogy: material of one lot went into another.
#[derive(Clone, Debug, Description)]
pub struct LotLink(pub lot_link::Model);

wraps!(LotLink, lot_link);

#[Object(use_type_description)]
impl LotLink {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The lot that was used.
    async fn parent(&self, context: &Context<'_>) -> Result<MaterialLot, Error> {
        context.loaders().required(self.0.parent_lot_id).await.map(MaterialLot)
    }

    /// The lot that was made from it.
    async fn child(&self, context: &Context<'_>) -> Result<MaterialLot, Error> {
        context.loaders().required(self.0.child_lot_id).await.map(MaterialLot)
    }

    /// How much of the parent went in; zero when nobody said.
    async fn quantity(&self) -> Quantity {
        Quantity::new(self.0.quantity, &self.0.unit)
    }

    /// The production order that used it.
    async fn order(&self, context: &Context<'_>) -> Result<Option<ProductionOrder>, Error> {
        context.loaders().maybe(self.0.order_id).await.map(|row| row.map(ProductionOrder))
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

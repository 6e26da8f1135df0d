//! Production orders.

use async_graphql::{Context, Object};
use model::entity::production_order;

use super::plant;
use crate::{
    as_of::{self, AsOfInput},
    context::ContextExt,
    error::Error,
    loaders::OrdersNumbered,
    types::ProductionOrder,
};

/// Production orders.
#[derive(Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// The production order of a plant with a number; null if there is none that you may see. Fields that follow
    /// relations show the present also when it is asked for as it was.
    async fn order(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Business number of the order.")] number: String,
        #[graphql(desc = "As it was at a moment; as it is if not given.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<ProductionOrder>, Error> {
        as_of::then::<production_order::Entity, _>(context, numbered(context, plant, number).await?, as_of).await
    }
}

/// The visible production order with a number.
pub(super) async fn numbered(
    context: &Context<'_>,
    plant: String,
    number: String,
) -> Result<Option<ProductionOrder>, Error> {
    let Some(plant) = plant::coded(context, plant).await? else { return Ok(None) };
    Ok(context.loaders().many(OrdersNumbered(plant.0.id, number)).await?.pop().map(ProductionOrder))
}

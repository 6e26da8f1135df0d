//! Production orders.

use async_graphql::{Context, Object};

use super::plant;
use crate::{context::ContextExt, error::Error, loaders::OrdersNumbered, types::ProductionOrder};

/// Production orders.
#[derive(Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// The production order of a plant with a number; null if there is none that you may see.
    async fn order(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Business number of the order.")] number: String,
    ) -> Result<Option<ProductionOrder>, Error> {
        numbered(context, plant, number).await
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

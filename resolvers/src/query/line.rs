//! Lines.

use async_graphql::{Context, Object};

use super::plant;
use crate::{context::ContextExt, error::Error, loaders::LinesCoded, types::Line};

/// Lines.
#[derive(Default)]
pub struct LineQuery;

#[Object]
impl LineQuery {
    /// The line of a plant with a code; null if there is none that you may see.
    async fn line(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Code of the line.")] code: String,
    ) -> Result<Option<Line>, Error> {
        coded(context, plant, code).await
    }
}

/// The visible line with a code.
pub(super) async fn coded(context: &Context<'_>, plant: String, code: String) -> Result<Option<Line>, Error> {
    let Some(plant) = plant::coded(context, plant).await? else { return Ok(None) };
    Ok(context.loaders().many(LinesCoded(plant.0.id, code)).await?.pop().map(Line))
}

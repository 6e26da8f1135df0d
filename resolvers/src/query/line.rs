//! Lines.

use async_graphql::{Context, Object};
use model::entity::line;

use super::plant;
use crate::{
    as_of::{self, AsOfInput},
    context::ContextExt,
    error::Error,
    loaders::LinesCoded,
    types::Line,
};

/// Lines.
#[derive(Default)]
pub struct LineQuery;

#[Object]
impl LineQuery {
    /// The line of a plant with a code; null if there is none that you may see. Fields that follow
    /// relations show the present also when it is asked for as it was.
    async fn line(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Code of the line.")] code: String,
        #[graphql(desc = "As it was at a moment; as it is if not given.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<Line>, Error> {
        as_of::then::<line::Entity, _>(context, coded(context, plant, code).await?, as_of).await
    }
}

/// The visible line with a code.
pub(super) async fn coded(context: &Context<'_>, plant: String, code: String) -> Result<Option<Line>, Error> {
    let Some(plant) = plant::coded(context, plant).await? else { return Ok(None) };
    Ok(context.loaders().many(LinesCoded(plant.0.id, code)).await?.pop().map(Line))
}

//! Enterprises and plants.

use async_graphql::{Context, Object};
use model::{Code, entity::plant};

use crate::{
    as_of::{self, AsOfInput},
    connection::Connection,
    context::ContextExt,
    error::Error,
    loaders::PlantsCoded,
    paging::PageArguments,
    types::{Enterprise, Plant, Plants},
};

/// Enterprises and plants.
#[derive(Default)]
pub struct PlantQuery;

#[Object]
impl PlantQuery {
    /// The enterprises whose plants you may see.
    async fn enterprises(&self, context: &Context<'_>) -> Result<Vec<Enterprise>, Error> {
        Ok(context.view().enterprises().await?.into_iter().map(Enterprise).collect())
    }

    /// The plants that you may see.
    async fn plants(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<Plants>, Error> {
        Connection::read(context, Plants, PageArguments { first, after, last, before }).await
    }

    /// The plant with a code; null if there is none that you may see. Fields that follow
    /// relations show the present also when it is asked for as it was.
    async fn plant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] code: String,
        #[graphql(desc = "As it was at a moment; as it is if not given.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<Plant>, Error> {
        as_of::then::<plant::Entity, _>(context, coded(context, code).await?, as_of).await
    }
}

/// The visible plant with a code.
pub(super) async fn coded(context: &Context<'_>, code: String) -> Result<Option<Plant>, Error> {
    let mut plants = context.loaders().many(PlantsCoded(code)).await?;
    if plants.len() > 1 {
        let message = "two of your enterprises have a plant with this code; use its id";
        return Err(Error::refused(Code::InvalidInput, message));
    }
    Ok(plants.pop().map(Plant))
}

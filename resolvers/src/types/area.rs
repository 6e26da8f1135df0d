//! An area.

use async_graphql::{Context, Description, ID, Object};
use model::entity::area;

use super::{Line, Plant, StorageLocation};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::{LinesOfArea, StorageLocationsOf},
};

/// An area of a plant.
#[derive(Clone, Debug, Description)]
pub struct Area(pub area::Model);

wraps!(Area, area);

#[Object(use_type_description)]
impl Area {
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

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Its lines.
    async fn lines(&self, context: &Context<'_>) -> Result<Vec<Line>, Error> {
        Ok(context.loaders().many(LinesOfArea(self.0.id)).await?.into_iter().map(Line).collect())
    }

    /// Its storage locations.
    async fn storage_locations(&self, context: &Context<'_>) -> Result<Vec<StorageLocation>, Error> {
        let rows = context.loaders().many(StorageLocationsOf(self.0.id)).await?;
        Ok(rows.into_iter().map(StorageLocation).collect())
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

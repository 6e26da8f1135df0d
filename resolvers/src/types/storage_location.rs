//! A storage location.

use async_graphql::{Context, Description, ID, Object};
use model::{
    PlantId,
    entity::storage_location,
    store::{Page, PageRequest, View},
};

use super::{Area, Plant};
use crate::{
    connection::Listing,
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::StorageLocationsCoded,
    words::StorageKind,
};

/// A place of a plant where material lies.
#[derive(Clone, Debug, Description)]
pub struct StorageLocation(pub storage_location::Model);

wraps!(StorageLocation, storage_location);

impl StorageLocation {
    /// The place of a plant with a code that a system gave.
    pub async fn coded(context: &Context<'_>, plant: PlantId, code: Option<&str>) -> Result<Option<Self>, Error> {
        let Some(code) = code else { return Ok(None) };
        let found = context.loaders().many(StorageLocationsCoded(plant, code.to_owned())).await?;
        Ok(found.into_iter().next().map(Self))
    }
}

#[Object(use_type_description)]
impl StorageLocation {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Code, unique in the plant. Lots, staging tasks and systems name the place by it.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name to show.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for.
    async fn kind(&self) -> StorageKind {
        self.0.kind.into()
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Code of the plant; with `code` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// The area it lies in.
    async fn area(&self, context: &Context<'_>) -> Result<Option<Area>, Error> {
        context.loaders().maybe(self.0.area_id).await.map(|row| row.map(Area))
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// The storage locations of a plant.
pub struct StorageLocations {
    /// The plant; all visible ones if not given.
    pub plant: Option<PlantId>,
}

impl Listing for StorageLocations {
    type Entity = storage_location::Entity;
    type Node = StorageLocation;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<storage_location::Model>, model::Error> {
        view.storage_locations_page(self.plant, request).await
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        view.storage_locations_count(self.plant).await
    }
}

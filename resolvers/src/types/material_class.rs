//! A class of materials.

use async_graphql::{Context, Description, ID, Object};
use model::entity::material_class;

use super::{Material, Plant};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::MaterialsOfClass,
};

/// A class of materials.
#[derive(Clone, Debug, Description)]
pub struct MaterialClass(pub material_class::Model);

wraps!(MaterialClass, material_class);

#[Object(use_type_description)]
impl MaterialClass {
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

    /// Code of the plant; with `code` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// Its materials.
    async fn materials(&self, context: &Context<'_>) -> Result<Vec<Material>, Error> {
        Ok(context.loaders().many(MaterialsOfClass(self.0.id)).await?.into_iter().map(Material).collect())
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

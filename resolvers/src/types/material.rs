//! A material.

use async_graphql::{Context, Description, ID, Object};
use model::{SubjectType, entity::material};

use super::{Claim, Plant};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::ClaimsOn,
};

/// A material as one plant knows it (ISA-95 material definition).
#[derive(Clone, Debug, Description)]
pub struct Material(pub material::Model);

wraps!(Material, material);

#[Object(use_type_description)]
impl Material {
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

    /// Unit of its quantities.
    async fn unit(&self) -> &str {
        &self.0.unit
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// What each system says of it, side by side.
    async fn claims(&self, context: &Context<'_>) -> Result<Vec<Claim>, Error> {
        let rows = context.loaders().many(ClaimsOn(SubjectType::Material, self.0.id.0)).await?;
        Ok(rows.into_iter().map(Claim).collect())
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

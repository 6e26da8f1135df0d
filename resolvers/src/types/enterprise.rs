//! An enterprise.

use async_graphql::{Context, Description, ID, Object};
use model::entity::enterprise;

use super::Plant;
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::PlantsOf,
};

/// An enterprise: the owner of plants. A portfolio holds several. You see it when you may see one of its plants.
#[derive(Clone, Debug, Description)]
pub struct Enterprise(pub enterprise::Model);

wraps!(Enterprise, enterprise);

#[Object(use_type_description)]
impl Enterprise {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Code, unique among all enterprises.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name to show.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Those of its plants that you may see.
    async fn plants(&self, context: &Context<'_>) -> Result<Vec<Plant>, Error> {
        Ok(context.loaders().many(PlantsOf(self.0.id)).await?.into_iter().map(Plant).collect())
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

//! Whoever asks.

use async_graphql::{Context, Description, ID, Object, SimpleObject};
use model::Principal;

use super::Plant;
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{GlobalId, Identified},
    words::Role,
};

/// You, as your token and the twin's directory know you.
#[derive(Clone, Debug, Description)]
pub struct Viewer(pub Principal);

impl Identified for Viewer {
    fn global_id(&self) -> GlobalId {
        GlobalId::viewer(&self.0.subject)
    }
}

#[Object(use_type_description)]
impl Viewer {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Your account: the subject of your token.
    async fn account(&self) -> &str {
        &self.0.subject
    }

    /// Your name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether this is a service account, which reads and synchronises and decides nothing.
    async fn service(&self) -> bool {
        self.0.service
    }

    /// What you are in which plant.
    async fn roles(&self, context: &Context<'_>) -> Result<Vec<PlantRole>, Error> {
        let plants = context.view().plants().await?;
        let role = |(plant, role): &(model::PlantId, model::Role)| {
            let row = plants.iter().find(|row| row.id == *plant)?;
            Some(PlantRole { plant: Plant(row.clone()), role: Role::from(*role) })
        };
        Ok(self.0.grants.iter().filter_map(role).collect())
    }

    /// The plants that you may see.
    async fn plants(&self, context: &Context<'_>) -> Result<Vec<Plant>, Error> {
        Ok(context.view().plants().await?.into_iter().map(Plant).collect())
    }
}

/// A role in a plant.
#[derive(SimpleObject)]
pub struct PlantRole {
    /// The plant.
    plant: Plant,
    /// The role.
    role: Role,
}

//! A document.

use async_graphql::{Context, Description, ID, Object};
use model::entity::document;

use super::Plant;
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{GlobalId, Identified, wraps},
    node::{self, Node},
    words::DocumentState,
};

/// A document that belongs to something, there or missing.
#[derive(Clone, Debug, Description)]
pub struct Document(pub document::Model);

wraps!(Document, document);

#[Object(use_type_description)]
impl Document {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Business number, unique in the plant.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Code of the plant; with `number` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// What it is, such as `certificate of analysis`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// What it belongs to.
    async fn subject(&self, context: &Context<'_>) -> Result<Option<Node>, Error> {
        node::find(context, GlobalId::new(self.0.subject_type, self.0.subject_id)).await
    }

    /// Whether what it belongs to is incomplete without it.
    async fn required(&self) -> bool {
        self.0.required
    }

    /// State.
    async fn state(&self) -> DocumentState {
        self.0.state.into()
    }

    /// What the source calls the state when it is OTHER.
    async fn other_state(&self) -> Option<&str> {
        self.0.other_state.as_deref()
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

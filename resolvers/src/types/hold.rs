//! A hold on a lot.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::hold;

use super::MaterialLot;
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    words::HoldState,
};

/// A hold on a lot. A lot may have several; it is usable only when all are released.
#[derive(Clone, Debug, Description)]
pub struct Hold(pub hold::Model);

wraps!(Hold, hold);

#[Object(use_type_description)]
impl Hold {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The lot.
    async fn lot(&self, context: &Context<'_>) -> Result<MaterialLot, Error> {
        context.loaders().required(self.0.lot_id).await.map(MaterialLot)
    }

    /// Why it was placed.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Whether it binds.
    async fn state(&self) -> HoldState {
        self.0.state.into()
    }

    /// Name of who placed it.
    async fn placed_by(&self) -> &str {
        &self.0.placed_by
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime<Utc> {
        self.0.placed_at
    }

    /// Name of who released it; never who placed it.
    async fn released_by(&self) -> Option<&str> {
        self.0.released_by.as_deref()
    }

    /// When it was released.
    async fn released_at(&self) -> Option<DateTime<Utc>> {
        self.0.released_at
    }

    /// Why it was released.
    async fn release_reason(&self) -> Option<&str> {
        self.0.release_reason.as_deref()
    }

    /// Counts the changes of this object, from 1. `releaseHold` expects it.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

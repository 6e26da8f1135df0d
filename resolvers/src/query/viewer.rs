//! Who asks.

use async_graphql::{Context, Object};

use crate::{context::ContextExt, types::Viewer};

/// Who asks.
#[derive(Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// You, as your token and the twin's directory know you.
    async fn viewer(&self, context: &Context<'_>) -> Viewer {
        Viewer(context.principal().clone())
    }
}

//! Fresh data for every single execution.

use std::sync::Arc;

use async_graphql::{
    Data, Response,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};

use crate::{
    context::{Deps, Reading, Session},
    turns::Turns,
};

/// Gives each query, each mutation and each *event* of a subscription a [`Reading`] of its own.
///
/// The library resolves all events of a subscription with the data that the subscription began with: a loader put there would
/// batch with the first event's scope for ever.
pub(crate) struct EachExecution;

impl ExtensionFactory for EachExecution {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for EachExecution {
    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let (mut data, turns) = (Data::default(), Turns::default());
        // Without them there is only the schema to look at.
        if let (Some(deps), Some(session)) = (context.data_opt::<Deps>(), context.data_opt::<Session>()) {
            data.insert(Reading::new(deps, session, turns.clone()));
        }
        turns.of(next.run_with_data(context, operation_name, data)).await
    }
}

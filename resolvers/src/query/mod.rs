//! What can be asked. One file per topic; the root merges them.

mod case;
mod entity;
mod entity_twin;
mod line;
mod logistics;
mod lot;
mod material;
mod node;
mod order;
mod plant;
mod viewer;

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, MergedObject, ObjectType, OutputType, Positioned, ServerError,
    ServerResult, Value, parser::types::Field, registry::Registry, resolver_utils::resolve_container,
};
use model::Code;

use crate::error::Error;

/// What can be asked.
#[derive(Default, MergedObject)]
#[graphql(name = "Query")]
struct Topics(
    viewer::ViewerQuery,
    node::NodeQuery,
    plant::PlantQuery,
    line::LineQuery,
    lot::LotQuery,
    order::OrderQuery,
    material::MaterialQuery,
    logistics::LogisticsQuery,
    case::CaseQuery,
    entity::EntityQuery,
    entity_twin::TwinEntityQuery,
);

/// The query root: the topics, with one change of the library's manners. An entity that can not be looked up costs only its own
/// place in the list of a federation gateway; the library would fail the whole list.
#[derive(Default)]
pub struct Query(Topics);

impl ContainerType for Query {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        self.0.resolve_field(context).await
    }

    async fn find_entity(&self, context: &Context<'_>, representation: &Value) -> ServerResult<Option<Value>> {
        let problem = match self.0.find_entity(context, representation).await {
            Ok(Some(entity)) => return Ok(Some(entity)),
            Ok(None) => unknown_entity(context),
            Err(error) if error.extensions.is_some() => error,
            // The library's own words: there is no __typename.
            Err(_) => unknown_entity(context),
        };
        context.add_error(problem);
        Ok(Some(Value::Null))
    }
}

fn unknown_entity(context: &Context<'_>) -> ServerError {
    let message = "the representation names no type of this graph, or lacks the fields of its keys";
    let error = async_graphql::Error::from(Error::refused(Code::InvalidInput, message));
    context.set_error_path(error.into_server_error(context.item.pos))
}

impl OutputType for Query {
    fn type_name() -> Cow<'static, str> {
        Topics::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Topics::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(context, self).await
    }
}

impl ObjectType for Query {}

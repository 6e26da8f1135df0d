//! The schema, and its text.

use async_graphql::{SDLExportOptions, ValidationMode};
use chrono::{DateTime, Utc};

use crate::{context::Deps, execution::EachExecution, mutation::Mutation, query::Query, subscription::Subscription};

/// The graph. Cheap to clone.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Builds the schema. Without `deps` it can be looked at, but nothing can be executed.
///
/// It sets no limits of its own, and leaves validation to whoever hands it documents: the front door parses, validates, coerces
/// and weighs every document before it comes here, and the library's own checks would only repeat a part of that.
pub fn schema(deps: Option<Deps>) -> Schema {
    let builder = Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .validation_mode(ValidationMode::Fast)
        .disable_suggestions()
        .enable_federation()
        .enable_subscription_in_federation()
        .override_output_type_description::<DateTime<Utc>>(
            "A moment, as RFC 3339 text in UTC, to the microsecond: `2026-11-22T18:26:00.123456+00:00`.",
        )
        .extension(EachExecution);
    match deps {
        Some(deps) => builder.data(deps).finish(),
        None => builder.finish(),
    }
}

/// The schema as text: GraphQL with the directives of Apollo Federation 2, in an order that depends on nothing but the schema.
pub fn sdl(schema: &Schema) -> String {
    schema.sdl_with_options(
        SDLExportOptions::new()
            .federation()
            .sorted_fields()
            .sorted_arguments()
            .sorted_enum_items()
            .include_specified_by()
            .prefer_single_line_descriptions()
            .use_space_ident(),
    )
}

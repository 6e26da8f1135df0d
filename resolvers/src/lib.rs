//! The graph: what plantgraph shows and takes, in GraphQL.
//!
//! Thin: a field wraps a row, a mutation hands its input to [`workflow::service`], a subscription reads the journal. There is
//! no rule, no SQL and no HTTP here. Everything that is read goes through the caller's [`model::store::View`], so root fields,
//! `node`, `_entities`, connections and subscriptions stand behind the same wall.
//!
//! Read in this order: [`context`] (what a resolver is given), the roots (`query`, `mutation`, `subscription`), the types, and
//! what they share: global ids, connections, loaders, scalars, words.

pub mod context;
pub mod error;
pub mod schema;

mod mutation;
mod query;
mod subscription;

mod types;

mod as_of;
mod connection;
mod execution;
mod global_id;
mod loaders;
mod node;
mod paging;
mod scalar;
mod turns;
mod words;

#[cfg(test)]
mod tests;

pub use context::{Deps, prepare};
pub use error::Error;
pub use schema::{Schema, schema, sdl};

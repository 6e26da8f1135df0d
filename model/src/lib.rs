//! What is true of plants, lines, materials, orders and cases, and how it is stored.
//!
//! Read in this order: the words ([`ids`], [`state`], [`principal`], [`scope`]), the rows ([`entity`]), the spine
//! ([`journal`]), the only door to the database ([`store`]).

pub mod clock;
pub mod code;
pub mod error;
pub mod ids;
mod word;

pub mod principal;
pub mod quantity;
pub mod reconcile;
pub mod scope;
pub mod state;

pub mod entity;
pub mod journal;
pub mod store;

pub use code::Code;
pub use entity::{source_system::SourceKind, subject::SubjectType};
pub use error::Error;
pub use ids::*;
pub use principal::{Principal, Role};
pub use quantity::Quantity;
pub use scope::Scope;
pub use state::*;
pub use store::{Store, StoreOptions};
pub use word::UnknownWord;

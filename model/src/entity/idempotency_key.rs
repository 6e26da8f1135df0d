//! The first result of a request, kept under the caller's idempotency key.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// The first result of a request.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    /// The person who sent the request: keys of different people never meet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: String,
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of the request, hexadecimal: the same key with another request is refused.
    pub request_hash: String,
    /// The first result, as JSON.
    pub response: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! A lease: which process owns a job, for instance a source.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A lease. A commit by an owner checks the epoch in its transaction, so a paused former owner can not write.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lease")]
pub struct Model {
    /// What is owned.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The owning process.
    pub owner: String,
    /// Grows by one with each change of owner.
    pub epoch: i64,
    /// Until when, on the database's time.
    pub expires_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! How far a stream of a source was read; saved in the transaction that applied it.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::SourceId;

/// How far a stream of a source was read.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stream_cursor")]
pub struct Model {
    /// The source.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: SourceId,
    /// The stream.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stream: String,
    /// The connector's own words for the place.
    pub cursor: String,
    /// When it was saved.
    pub at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

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
    /// Records read.
    pub rows_read: i64,
    /// Records that changed something.
    pub changed: i64,
    /// Records that said nothing new.
    pub unchanged: i64,
    /// Records that were older than what is known.
    pub late: i64,
    /// Records that were refused.
    pub dead_letters: i64,
    /// Reads that failed.
    pub errors: i64,
    /// When a page was last applied.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Why the last read failed; `None` after a success.
    pub last_error: Option<String>,
    /// How far the source's own clock was read.
    pub watermark: Option<DateTime<Utc>>,
    /// Why nothing is read until somebody says so.
    pub paused_reason: Option<String>,
}

impl Model {
    /// A stream of which nothing was read yet.
    pub fn unread(source: SourceId, stream: &str, at: DateTime<Utc>) -> Self {
        Self {
            source_id: source,
            stream: stream.to_owned(),
            cursor: String::new(),
            at,
            rows_read: 0,
            changed: 0,
            unchanged: 0,
            late: 0,
            dead_letters: 0,
            errors: 0,
            last_success_at: None,
            last_error: None,
            watermark: None,
            paused_reason: None,
        }
    }
}

impl ActiveModelBehavior for ActiveModel {}

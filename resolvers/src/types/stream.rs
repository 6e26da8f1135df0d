//! A stream of a source system.

use async_graphql::{Context, Description, Object};
use chrono::{DateTime, Utc};
use model::entity::stream_cursor;

use crate::{context::ContextExt, scalar::SafeInt};

/// A stream of records of a system: how far it was read, and how well.
#[derive(Clone, Debug, Description)]
pub struct Stream(pub stream_cursor::Model);

#[Object(use_type_description)]
impl Stream {
    /// Name, unique in the system.
    async fn name(&self) -> &str {
        &self.0.stream
    }

    /// Records read since the beginning.
    async fn rows_read(&self) -> SafeInt {
        SafeInt(self.0.rows_read)
    }

    /// Records that changed something.
    async fn changed(&self) -> SafeInt {
        SafeInt(self.0.changed)
    }

    /// Records that said nothing new.
    async fn unchanged(&self) -> SafeInt {
        SafeInt(self.0.unchanged)
    }

    /// Records that were older than what was known already.
    async fn late(&self) -> SafeInt {
        SafeInt(self.0.late)
    }

    /// Records that were refused.
    async fn dead_letters(&self) -> SafeInt {
        SafeInt(self.0.dead_letters)
    }

    /// Reads that failed.
    async fn errors(&self) -> SafeInt {
        SafeInt(self.0.errors)
    }

    /// When a page was last applied.
    async fn last_success_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_success_at
    }

    /// Seconds since a page was last applied: what the system has changed since then may not be seen yet. Null before the first.
    async fn lag_seconds(&self, context: &Context<'_>) -> Option<SafeInt> {
        let now = context.deps().store.clock().now();
        self.0.last_success_at.map(|at| SafeInt((now - at).num_seconds().max(0)))
    }

    /// Why the last read failed; null after a success.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// How far it was read, by the clock of the system.
    async fn watermark(&self) -> Option<DateTime<Utc>> {
        self.0.watermark
    }

    /// Why nothing is read until somebody says so; null while it is read.
    async fn paused_reason(&self) -> Option<&str> {
        self.0.paused_reason.as_deref()
    }
}

//! A record that could not be applied.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::{
    SourceId,
    entity::dead_letter,
    store::{Page, PageRequest, View},
};

use super::SourceSystem;
use crate::{
    connection::Listing,
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
};

/// A record of a system that could not be applied. It never stops its neighbours, and is kept until it can be applied.
#[derive(Clone, Debug, Description)]
pub struct DeadLetter(pub dead_letter::Model);

wraps!(DeadLetter, dead_letter);

#[Object(use_type_description)]
impl DeadLetter {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The system it came from.
    async fn source(&self, context: &Context<'_>) -> Result<SourceSystem, Error> {
        context.loaders().required(self.0.source_id).await.map(SourceSystem)
    }

    /// The stream of the system.
    async fn stream(&self) -> &str {
        &self.0.stream
    }

    /// The system's kind of record.
    async fn external_model(&self) -> &str {
        &self.0.external_model
    }

    /// The system's own id of the record.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// Stable code of the reason; each has a page under `docs/problems/`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The reason in words.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// When it was last refused.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// How often it was tried again.
    async fn attempts(&self) -> i64 {
        self.0.attempts
    }

    /// When it is tried again; null when that waits for somebody.
    async fn next_retry_at(&self) -> Option<DateTime<Utc>> {
        self.0.next_retry_at
    }

    /// When it was applied after all; null while it waits.
    async fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.resolved_at
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// The records of a source that wait to be applied.
pub struct DeadLetters(pub SourceId);

impl Listing for DeadLetters {
    type Entity = dead_letter::Entity;
    type Node = DeadLetter;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<dead_letter::Model>, model::Error> {
        view.dead_letters_page(self.0, request).await
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        view.dead_letters_count(self.0).await
    }
}

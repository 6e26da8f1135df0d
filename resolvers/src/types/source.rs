//! A source system.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::source_system;

use super::{DeadLetters, Plant, Stream};
use crate::{
    connection::Connection,
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::StreamsOf,
    paging::PageArguments,
    words::{Freshness, SourceKind},
};

/// A source system of a plant: what makes claims and sends signals, and how well it is heard.
#[derive(Clone, Debug, Description)]
pub struct SourceSystem(pub source_system::Model);

wraps!(SourceSystem, source_system);

#[Object(use_type_description)]
impl SourceSystem {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Code, unique in the plant.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name to show.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Kind.
    async fn kind(&self) -> SourceKind {
        self.0.kind.into()
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Whether it is heard.
    async fn freshness(&self) -> Freshness {
        self.0.freshness.into()
    }

    /// Why it is not heard, with what to do; or what was lost last.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Since when it is heard, or is not.
    async fn changed_at(&self) -> Option<DateTime<Utc>> {
        self.0.changed_at
    }

    /// Number of stretches of time in which values may have been lost.
    async fn gaps(&self) -> i64 {
        self.0.gaps
    }

    /// What it can be told to do.
    async fn actions(&self) -> Result<Vec<String>, Error> {
        serde_json::from_str(&self.0.actions)
            .map_err(|_| Error::broken("the actions of a source are not a list of texts"))
    }

    /// Whether somebody stopped all commands to it.
    async fn commands_stopped(&self) -> bool {
        self.0.commands_stopped
    }

    /// The manifest it is connected by, and its version.
    async fn manifest(&self) -> Option<&str> {
        self.0.manifest.as_deref()
    }

    /// Its streams: how far each was read, and how well.
    async fn streams(&self, context: &Context<'_>) -> Result<Vec<Stream>, Error> {
        Ok(context.loaders().many(StreamsOf(self.0.id)).await?.into_iter().map(Stream).collect())
    }

    /// Its records that could not be applied, and wait until they can.
    async fn dead_letters(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<DeadLetters>, Error> {
        Connection::read(context, DeadLetters(self.0.id), PageArguments { first, after, last, before }).await
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

//! An alarm of a device.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::alarm;

use super::{Line, SourceSystem};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
};

/// An alarm of a device (OPC UA condition), as last reported.
#[derive(Clone, Debug, Description)]
pub struct Alarm(pub alarm::Model);

wraps!(Alarm, alarm);

#[Object(use_type_description)]
impl Alarm {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The system that reports it.
    async fn source(&self, context: &Context<'_>) -> Result<SourceSystem, Error> {
        context.loaders().required(self.0.source_id).await.map(SourceSystem)
    }

    /// The line it concerns.
    async fn line(&self, context: &Context<'_>) -> Result<Option<Line>, Error> {
        context.loaders().maybe(self.0.line_id).await.map(|row| row.map(Line))
    }

    /// The node that it is about.
    async fn source_node(&self) -> &str {
        &self.0.source_node
    }

    /// The condition, by its node.
    async fn condition(&self) -> &str {
        &self.0.condition
    }

    /// The branch of the condition; empty for the present one.
    async fn branch(&self) -> &str {
        &self.0.branch
    }

    /// Name of the condition.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the device says.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// Urgency, 1 to 1000: more is worse.
    async fn severity(&self) -> i64 {
        self.0.severity
    }

    /// Whether its cause is there.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Whether somebody acknowledged it.
    async fn acknowledged(&self) -> bool {
        self.0.acked
    }

    /// Whether somebody confirmed that it was dealt with.
    async fn confirmed(&self) -> bool {
        self.0.confirmed
    }

    /// Whether the device suppresses it.
    async fn suppressed(&self) -> bool {
        self.0.suppressed
    }

    /// Whether the device still shows it.
    async fn retain(&self) -> bool {
        self.0.retain
    }

    /// Since when its cause is there, by the time of its source.
    async fn active_since(&self) -> Option<DateTime<Utc>> {
        self.0.active_since
    }

    /// Who acknowledged it, as the device says.
    async fn acknowledged_by(&self) -> Option<&str> {
        self.0.acked_by.as_deref()
    }

    /// Whether the last report was fetched after a gap, and so may come late.
    async fn replayed(&self) -> bool {
        self.0.replayed
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

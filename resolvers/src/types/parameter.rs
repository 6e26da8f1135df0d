//! A process parameter of a line.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::parameter;
use rust_decimal::prelude::ToPrimitive;
use workflow::live::LiveValue;

use super::{Line, line_state::status_code};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    words::{LimitState, Quality},
};

/// A process parameter of a line, with its limits. The running value is kept in memory by the process that reads the source, and
/// is null elsewhere and while the source is silent; what crossed a limit is kept for good.
#[derive(Clone, Debug, Description)]
pub struct Parameter(pub parameter::Model);

wraps!(Parameter, parameter);

impl Parameter {
    fn live(&self, context: &Context<'_>) -> Option<LiveValue> {
        context.deps().live.get(self.0.line_id, &self.0.name)
    }
}

fn limit(limit: Option<model::Quantity>) -> Option<f64> {
    limit.and_then(|limit| limit.0.to_f64())
}

#[Object(use_type_description)]
impl Parameter {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Name, unique in the line.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Unit of the value and the limits (UCUM).
    async fn unit(&self) -> &str {
        &self.0.unit
    }

    /// The line.
    async fn line(&self, context: &Context<'_>) -> Result<Line, Error> {
        context.loaders().required(self.0.line_id).await.map(Line)
    }

    /// The running value; null with a bad status, and while nobody reads it.
    async fn value(&self, context: &Context<'_>) -> Option<f64> {
        self.live(context)?.value
    }

    /// Quality of the running value; null while nobody reads it.
    async fn quality(&self, context: &Context<'_>) -> Option<Quality> {
        self.live(context).map(|live| live.quality.into())
    }

    /// OPC UA StatusCode of the running value, all 32 bits in hexadecimal; null while nobody reads it.
    async fn status_code(&self, context: &Context<'_>) -> Option<String> {
        self.live(context).map(|live| status_code(live.status.into()))
    }

    /// When the device says that the running value was true.
    async fn source_time(&self, context: &Context<'_>) -> Option<DateTime<Utc>> {
        self.live(context)?.source_time
    }

    /// When the OPC UA server says that the running value was true.
    async fn server_time(&self, context: &Context<'_>) -> Option<DateTime<Utc>> {
        self.live(context)?.server_time
    }

    /// When the running value arrived here.
    async fn received_time(&self, context: &Context<'_>) -> Option<DateTime<Utc>> {
        Some(self.live(context)?.received_time)
    }

    /// Low limit; null if there is none.
    async fn low(&self) -> Option<f64> {
        limit(self.0.low)
    }

    /// High limit; null if there is none.
    async fn high(&self) -> Option<f64> {
        limit(self.0.high)
    }

    /// Where the last good reading stood against the limits; null before the first.
    async fn limit_state(&self) -> Option<LimitState> {
        self.0.limit_state.map(LimitState::from)
    }

    /// When it last crossed a limit or changed its quality, by source time.
    async fn changed_at(&self) -> Option<DateTime<Utc>> {
        self.0.changed_at
    }

    /// Counts the changes of this object, from 1. Running values do not count.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

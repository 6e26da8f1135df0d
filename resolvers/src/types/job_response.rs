//! A job response.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::entity::job_response;

use super::{JobOrder, Plant, Quantity};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    words::ResponseState,
};

/// What was reported of the execution of a job order (B2MML job response).
#[derive(Clone, Debug, Description)]
pub struct JobResponse(pub job_response::Model);

wraps!(JobResponse, job_response);

#[Object(use_type_description)]
impl JobResponse {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Business number, unique in the plant.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Code of the plant; with `number` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// The job order.
    async fn job_order(&self, context: &Context<'_>) -> Result<JobOrder, Error> {
        context.loaders().required(self.0.job_order_id).await.map(JobOrder)
    }

    /// State.
    async fn state(&self) -> ResponseState {
        self.0.state.into()
    }

    /// Good quantity made.
    async fn good_quantity(&self) -> Quantity {
        Quantity::new(self.0.good_quantity, &self.0.unit)
    }

    /// Scrapped quantity.
    async fn scrap_quantity(&self) -> Quantity {
        Quantity::new(self.0.scrap_quantity, &self.0.unit)
    }

    /// When it started.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// When it ended.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

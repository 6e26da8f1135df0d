//! A job order.

use async_graphql::{Context, Description, ID, Object};
use model::entity::job_order;

use super::{JobResponse, Line, MaterialReadiness, ProductionOrder, Quantity};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::ResponsesOf,
    words::{JobState, JobSubState},
};

/// A job order: the part of a production order that one line runs.
#[derive(Clone, Debug, Description)]
pub struct JobOrder(pub job_order::Model);

wraps!(JobOrder, job_order);

impl JobOrder {
    /// A counted amount, in the unit of the order.
    async fn counted(&self, context: &Context<'_>, value: model::Quantity) -> Result<Quantity, Error> {
        let order = context.loaders().required(self.0.order_id).await?;
        Ok(Quantity::new(value, order.unit))
    }
}

#[Object(use_type_description)]
impl JobOrder {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// The production order.
    async fn order(&self, context: &Context<'_>) -> Result<ProductionOrder, Error> {
        context.loaders().required(self.0.order_id).await.map(ProductionOrder)
    }

    /// The line that runs it, or is planned to; null while none is assigned.
    async fn line(&self, context: &Context<'_>) -> Result<Option<Line>, Error> {
        match self.0.line_id {
            Some(line) => Ok(context.loaders().one(line).await?.map(Line)),
            None => Ok(None),
        }
    }

    /// State.
    async fn state(&self) -> JobState {
        self.0.state.into()
    }

    /// Number of the state in the standard.
    async fn state_number(&self) -> i64 {
        self.0.state.number()
    }

    /// Sub-state; null when nobody says.
    async fn sub_state(&self) -> Option<JobSubState> {
        self.0.sub_state.map(JobSubState::from)
    }

    /// Whether its material is ready; null outside the horizon, and when no bill of material is known.
    async fn readiness(&self) -> Option<MaterialReadiness> {
        MaterialReadiness::of(&self.0)
    }

    /// What was reported of its execution.
    async fn responses(&self, context: &Context<'_>) -> Result<Vec<JobResponse>, Error> {
        Ok(context.loaders().many(ResponsesOf(self.0.id)).await?.into_iter().map(JobResponse).collect())
    }

    /// Good pieces that the line counted while it ran this job, in the unit of the order.
    async fn good_quantity(&self, context: &Context<'_>) -> Result<Quantity, Error> {
        self.counted(context, self.0.good_quantity).await
    }

    /// Scrap pieces that the line counted while it ran this job, in the unit of the order.
    async fn scrap_quantity(&self, context: &Context<'_>) -> Result<Quantity, Error> {
        self.counted(context, self.0.scrap_quantity).await
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

//! A line.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use model::{SubjectType, entity::line};

use super::{
    Alarm, Area, Case, Claim, JobOrder, LineStateReport, Parameter, Plant, ProductionOrder, Reconciliation, WorkUnit,
    reconciliation::{claimed, reconciled},
};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::{AlarmsOf, OpenCasesOf, ParametersOf, WorkUnitsOf},
    scalar::{Duration, SafeInt},
};

/// A line (ISA-95 work center).
#[derive(Clone, Debug, Description)]
pub struct Line(pub line::Model);

wraps!(Line, line);

#[Object(use_type_description)]
impl Line {
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

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Code of the plant; with `code` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// The area.
    async fn area(&self, context: &Context<'_>) -> Result<Area, Error> {
        context.loaders().required(self.0.area_id).await.map(Area)
    }

    /// Its work units.
    async fn work_units(&self, context: &Context<'_>) -> Result<Vec<WorkUnit>, Error> {
        Ok(context.loaders().many(WorkUnitsOf(self.0.id)).await?.into_iter().map(WorkUnit).collect())
    }

    /// What it reports of its state, and how far that may be trusted.
    async fn state(&self) -> LineStateReport {
        LineStateReport(self.0.clone())
    }

    /// Since when it has been down (STOPPED, ABORTED or HELD) after it was interrupted in EXECUTE, by source time; null while it
    /// is not.
    async fn down_since(&self) -> Option<DateTime<Utc>> {
        self.0.down_since
    }

    /// Since when it has been in EXECUTE without a break, by source time; null while it is not, or nobody knows.
    async fn executing_since(&self) -> Option<DateTime<Utc>> {
        self.0.executing_since
    }

    /// Good pieces since the line was first seen; resets of its counter are bridged.
    async fn good_count(&self) -> SafeInt {
        SafeInt(self.0.good_count)
    }

    /// Scrap pieces since the line was first seen; resets of its counter are bridged.
    async fn scrap_count(&self) -> SafeInt {
        SafeInt(self.0.scrap_count)
    }

    /// Number of the order that the line says it runs; null when it runs none.
    async fn active_order_number(&self) -> Option<&str> {
        self.0.active_order_number.as_deref()
    }

    /// The job order that it runs; null when it runs none, or one that no system has told of yet.
    async fn active_job_order(&self, context: &Context<'_>) -> Result<Option<JobOrder>, Error> {
        match self.0.active_job_order_id {
            Some(job) => Ok(context.loaders().one(job).await?.map(JobOrder)),
            None => Ok(None),
        }
    }

    /// The production order that it runs; null when it runs none, or one that no system has told of yet.
    async fn active_order(&self, context: &Context<'_>) -> Result<Option<ProductionOrder>, Error> {
        let Some(job) = self.0.active_job_order_id else { return Ok(None) };
        match context.loaders().one(job).await? {
            Some(job) => Ok(context.loaders().one(job.order_id).await?.map(ProductionOrder)),
            None => Ok(None),
        }
    }

    /// Its process parameters with their limits and running values.
    async fn parameters(&self, context: &Context<'_>) -> Result<Vec<Parameter>, Error> {
        let rows = context.loaders().many(ParametersOf(self.0.id)).await?;
        Ok(rows.into_iter().map(Parameter).collect())
    }

    /// The alarms that its devices still show.
    async fn alarms(&self, context: &Context<'_>) -> Result<Vec<Alarm>, Error> {
        Ok(context.loaders().many(AlarmsOf(self.0.id)).await?.into_iter().map(Alarm).collect())
    }

    /// Its cases that still need somebody.
    async fn open_cases(&self, context: &Context<'_>) -> Result<Vec<Case>, Error> {
        Ok(context.loaders().many(OpenCasesOf(self.0.id)).await?.into_iter().map(Case).collect())
    }

    /// How long it may be down before a case opens.
    async fn downtime_threshold(&self) -> Duration {
        Duration::of_milliseconds(self.0.downtime_threshold_ms)
    }

    /// How long the owner of a case has to acknowledge it before it escalates.
    async fn acknowledge_within(&self) -> Duration {
        Duration::of_milliseconds(self.0.acknowledge_within_ms)
    }

    /// How long it must run without a break before a case may close.
    async fn verify_for(&self) -> Duration {
        Duration::of_milliseconds(self.0.verify_for_ms)
    }

    /// What each system says of it, side by side.
    async fn claims(&self, context: &Context<'_>) -> Result<Vec<Claim>, Error> {
        claimed(context, self.0.id.0).await
    }

    /// What the systems say of it, attribute by attribute: what the twin concludes, by which rule, and why.
    async fn reconciliation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only these attributes.")] attributes: Option<Vec<String>>,
    ) -> Result<Vec<Reconciliation>, Error> {
        reconciled(context, self.0.plant_id, SubjectType::Line, self.0.id.0, Some(&self.0), attributes).await
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

//! A plant.

use async_graphql::{Context, Description, ID, Object};
use model::{
    Disposition, RequestState,
    entity::plant,
    store::{Page, PageRequest, View},
};

use super::{
    Area, CaseFilter, Cases, Enterprise, Line, Lots, Materials, Orders, Shift, Shipments, SourceSystem, StagingTasks,
    StorageLocations,
};
use crate::{
    connection::{Connection, Listing},
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
    loaders::{AreasOf, LinesCoded, LinesOf, ShiftsOf, SourcesOf},
    paging::PageArguments,
    words,
};

/// A plant (ISA-95 site).
#[derive(Clone, Debug, Description)]
pub struct Plant(pub plant::Model);

wraps!(Plant, plant);

#[Object(use_type_description)]
impl Plant {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Code, unique in the enterprise.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name to show.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// IANA time zone in which the plant counts its shifts and days, such as `Europe/Berlin`. Times in the graph are UTC.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// The owner.
    async fn enterprise(&self, context: &Context<'_>) -> Result<Enterprise, Error> {
        context.loaders().required(self.0.enterprise_id).await.map(Enterprise)
    }

    /// Its areas.
    async fn areas(&self, context: &Context<'_>) -> Result<Vec<Area>, Error> {
        Ok(context.loaders().many(AreasOf(self.0.id)).await?.into_iter().map(Area).collect())
    }

    /// Its lines.
    async fn lines(&self, context: &Context<'_>) -> Result<Vec<Line>, Error> {
        Ok(context.loaders().many(LinesOf(self.0.id)).await?.into_iter().map(Line).collect())
    }

    /// The line with a code; null if there is none.
    async fn line(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the line.")] code: String,
    ) -> Result<Option<Line>, Error> {
        Ok(context.loaders().many(LinesCoded(self.0.id, code)).await?.pop().map(Line))
    }

    /// The systems that make claims about it, and how well they are heard.
    async fn sources(&self, context: &Context<'_>) -> Result<Vec<SourceSystem>, Error> {
        Ok(context.loaders().many(SourcesOf(self.0.id)).await?.into_iter().map(SourceSystem).collect())
    }

    /// Its material lots.
    async fn lots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only lots with this disposition.")] disposition: Option<words::Disposition>,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<Lots>, Error> {
        let lots = Lots::OfPlant(self.0.id, disposition.map(Disposition::from));
        Connection::read(context, lots, PageArguments { first, after, last, before }).await
    }

    /// Its production orders.
    async fn orders(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only orders in one of these states; an empty list does not filter.", default)] states: Vec<
            words::RequestState,
        >,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<Orders>, Error> {
        let orders = Orders { plant: self.0.id, states: words::all::<_, RequestState>(states) };
        Connection::read(context, orders, PageArguments { first, after, last, before }).await
    }

    /// The materials that it knows.
    async fn materials(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<Materials>, Error> {
        Connection::read(context, Materials { plant: Some(self.0.id) }, PageArguments { first, after, last, before })
            .await
    }

    /// The places where its material lies.
    async fn storage_locations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<StorageLocations>, Error> {
        Connection::read(
            context,
            StorageLocations { plant: Some(self.0.id) },
            PageArguments { first, after, last, before },
        )
        .await
    }

    /// Material to be brought to its lines.
    async fn staging_tasks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only tasks in one of these states; an empty list does not filter.", default)] states: Vec<
            words::StagingState,
        >,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<StagingTasks>, Error> {
        Connection::read(
            context,
            StagingTasks { plant: Some(self.0.id), states: words::all(states) },
            PageArguments { first, after, last, before },
        )
        .await
    }

    /// Goods on their way to customers.
    async fn shipments(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only shipments in one of these states; an empty list does not filter.", default)] states: Vec<
            words::ShipmentState,
        >,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<Shipments>, Error> {
        Connection::read(
            context,
            Shipments { plant: Some(self.0.id), states: words::all(states) },
            PageArguments { first, after, last, before },
        )
        .await
    }

    /// Its shifts.
    async fn shifts(&self, context: &Context<'_>) -> Result<Vec<Shift>, Error> {
        Ok(context.loaders().many(ShiftsOf(self.0.id)).await?.into_iter().map(Shift).collect())
    }

    /// Its exception cases.
    async fn cases(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which cases; all unless given.")] filter: Option<CaseFilter>,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<Cases>, Error> {
        let cases = Cases { plant: Some(self.0.id), filter: filter.unwrap_or_default().into() };
        Connection::read(context, cases, PageArguments { first, after, last, before }).await
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// The plants that the caller may see.
pub struct Plants;

impl Listing for Plants {
    type Entity = plant::Entity;
    type Node = Plant;

    async fn page(&self, view: &View, request: PageRequest) -> Result<Page<plant::Model>, model::Error> {
        view.plants_page(request).await
    }

    async fn count(&self, view: &View) -> Result<u64, model::Error> {
        view.plants_count().await
    }
}

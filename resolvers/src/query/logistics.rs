//! Staging, shipments, documents.

use async_graphql::{Context, Object};
use model::entity::{shipment, staging_task};

use super::plant;
use crate::{
    as_of::{self, AsOfInput},
    connection::Connection,
    context::ContextExt,
    error::Error,
    loaders::{DocumentsNumbered, ResponsesNumbered, ShiftsCoded, ShipmentsNumbered, StagingTasksNumbered},
    paging::PageArguments,
    types::{Document, JobResponse, Shift, Shipment, Shipments, StagingTask, StagingTasks},
    words,
};

/// Staging, shipments, documents.
#[derive(Default)]
pub struct LogisticsQuery;

#[Object]
impl LogisticsQuery {
    /// The staging task of a plant with a number; null if there is none that you may see. Fields that follow relations show the
    /// present also when the task is asked for as it was.
    async fn staging_task(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Business number of the staging task.")] number: String,
        #[graphql(desc = "As it was at a moment; as it is if not given.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<StagingTask>, Error> {
        let found = staging_task_numbered(context, plant, number).await?;
        as_of::then::<staging_task::Entity, _>(context, found, as_of).await
    }

    /// The staging tasks of all your plants. Those of one plant are at the plant.
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
        let tasks = StagingTasks { plant: None, states: words::all(states) };
        Connection::read(context, tasks, PageArguments { first, after, last, before }).await
    }

    /// The shipment of a plant with a number; null if there is none that you may see. Fields that follow relations show the present
    /// also when the shipment is asked for as it was.
    async fn shipment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Business number of the shipment.")] number: String,
        #[graphql(desc = "As it was at a moment; as it is if not given.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<Shipment>, Error> {
        let found = shipment_numbered(context, plant, number).await?;
        as_of::then::<shipment::Entity, _>(context, found, as_of).await
    }

    /// The shipments of all your plants. Those of one plant are at the plant.
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
        let shipments = Shipments { plant: None, states: words::all(states) };
        Connection::read(context, shipments, PageArguments { first, after, last, before }).await
    }

    /// The document of a plant with a number; null if there is none that you may see.
    async fn document(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Business number of the document.")] number: String,
    ) -> Result<Option<Document>, Error> {
        document_numbered(context, plant, number).await
    }
}

/// Finds a visible object of a plant by its natural key.
macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident($key:ident) -> $ty:ident;)+) => {$(
        $(#[$doc])*
        pub(super) async fn $name(context: &Context<'_>, plant: String, key: String) -> Result<Option<$ty>, Error> {
            let Some(plant) = plant::coded(context, plant).await? else { return Ok(None) };
            Ok(context.loaders().many($key(plant.0.id, key)).await?.pop().map($ty))
        }
    )+};
}

numbered! {
    /// The visible staging task with a number.
    staging_task_numbered(StagingTasksNumbered) -> StagingTask;
    /// The visible shipment with a number.
    shipment_numbered(ShipmentsNumbered) -> Shipment;
    /// The visible document with a number.
    document_numbered(DocumentsNumbered) -> Document;
    /// The visible job response with a number.
    response_numbered(ResponsesNumbered) -> JobResponse;
    /// The visible shift with a code.
    shift_coded(ShiftsCoded) -> Shift;
}

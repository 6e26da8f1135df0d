//! Cases.

use async_graphql::{Context, ID, Object};
use model::{CaseId, SubjectType, entity::exception_case};

use crate::{
    as_of::{self, AsOfInput},
    connection::Connection,
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    paging::PageArguments,
    types::{Case, CaseFilter, Cases},
};

/// Cases.
#[derive(Default)]
pub struct CaseQuery;

#[Object]
impl CaseQuery {
    /// The case with a global id; null if there is none that you may see. Fields that follow
    /// relations show the present also when it is asked for as it was.
    async fn case(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Global id of the case.")] id: ID,
        #[graphql(desc = "As it was at a moment; as it is if not given.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<Case>, Error> {
        let id = CaseId(GlobalId::parse_as(&id, SubjectType::Case)?);
        let found = context.loaders().one(id).await?.map(Case);
        as_of::then::<exception_case::Entity, _>(context, found, as_of).await
    }

    /// The exception cases of all your plants. Those of one plant are at the plant.
    async fn cases(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which cases; all unless given.")] filter: Option<CaseFilter>,
        #[graphql(desc = "How many from the start: 20 unless given, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Connection<Cases>, Error> {
        let cases = Cases { plant: None, filter: filter.unwrap_or_default().into() };
        Connection::read(context, cases, PageArguments { first, after, last, before }).await
    }
}

//! Objects by their global ids.

use async_graphql::{Context, ID, Object};
use futures::future::join_all;
use model::Code;

use crate::{
    as_of::AsOfInput,
    error::Error,
    global_id::GlobalId,
    node::{self, Node},
};

/// Ids that one field takes: as many as the longest page has rows.
const IDS_MAX: usize = 100;

/// Objects by their global ids.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The object with a global id; null if there is none that you may see. Fields that follow
    /// relations show the present also when it is asked for as it was.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id, as it was given.")] id: ID,
        #[graphql(desc = "As it was at a moment; as it is if not given.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<Node>, Error> {
        let id = GlobalId::parse(&id)?;
        match as_of {
            Some(moment) => node::find_as_of(context, id, moment.moment(context)?).await,
            None => node::find(context, id).await,
        }
    }

    /// The objects with these global ids, in the order of the ids; null where there is none that you may see.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global ids, as they were given: 100 at most.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node, Error>>>, Error> {
        if ids.len() > IDS_MAX {
            let message = format!("there are {} ids; at most {IDS_MAX} are taken at once", ids.len());
            return Err(Error::refused(Code::InvalidInput, message));
        }
        let found = ids.iter().map(|id| async move { node::find(context, GlobalId::parse(id)?).await });
        Ok(join_all(found).await.into_iter().map(Result::transpose).collect())
    }
}

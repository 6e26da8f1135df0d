//! Objects as they were.

use async_graphql::{Context, OneofObject};
use chrono::{DateTime, Utc};
use model::{
    entity::subject::{Row, Subject},
    journal::AsOf,
};

use crate::{context::ContextExt, error::Error, global_id::Identified};

/// A moment of the past. Before what the journal retains nobody can tell any more: `AS_OF_EXPIRED`.
#[derive(Clone, Debug, OneofObject)]
pub enum AsOfInput {
    /// A time: everything counts that was recorded then or before. A time that is still to come is the present.
    Time(DateTime<Utc>),
    /// The cursor of an event of a subscription: everything counts up to that event.
    Cursor(String),
}

impl AsOfInput {
    /// The moment.
    ///
    /// # Errors
    /// `CURSOR_INVALID`.
    pub fn moment(self, context: &Context<'_>) -> Result<AsOf, Error> {
        match self {
            Self::Time(time) => Ok(AsOf::Time(time)),
            Self::Cursor(cursor) => Ok(AsOf::Position(context.deps().journal.position_of(&cursor)?)),
        }
    }
}

/// What was found, as it was at a moment if one is given. It is found by its present key, under which it may not yet have been known.
pub async fn then<E, T>(context: &Context<'_>, found: Option<T>, moment: Option<AsOfInput>) -> Result<Option<T>, Error>
where
    E: Subject,
    T: Identified + From<Row<E>>,
{
    match (found, moment) {
        (Some(found), Some(moment)) => {
            let moment = moment.moment(context)?;
            Ok(context.view().as_of::<E>(found.global_id().uuid, moment).await?.map(T::from))
        }
        (found, _) => Ok(found),
    }
}

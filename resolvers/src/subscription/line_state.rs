//! The states of lines.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Description, Object, Subscription};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, stream};
use model::{
    LineId, PlantId, SubjectType,
    entity::line,
    journal::{self, Entry},
};

use super::feed::{Feed, events};
use crate::{
    error::Error,
    types::{Line, LineStateReport},
    words::ChangeKind,
};

/// The states of lines.
#[derive(Default)]
pub struct LineStateSubscription;

#[Subscription]
impl LineStateSubscription {
    /// Every change of a line's state, of how far it may be trusted, and of whether it is heard. No state is left out, however short.
    async fn line_state(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of a plant; all your plants if not given.")] plant: Option<String>,
        #[graphql(desc = "Resume behind the event with this cursor; from now on if not given.")] after: Option<String>,
        #[graphql(
            desc = "Begin with the present state of each line. Without effect when resuming: then nothing was missed.",
            default = false
        )]
        snapshot: bool,
    ) -> Result<impl Stream<Item = Result<LineStateEvent, Error>> + use<>, Error> {
        let feed = Feed::open(context, after.as_deref()).await?;
        let plant = match plant {
            Some(code) => Some(feed.plant(code).await?),
            None => None,
        };
        // The journal was opened first: a change in between is in the snapshot or follows it, and is not told twice.
        let present = if snapshot && after.is_none() { present(&feed, plant).await? } else { Vec::new() };
        let told: HashMap<LineId, i64> = present.iter().map(|event| (event.row.id, event.row.revision)).collect();
        let changes = events(feed, move |feed, entry| {
            let event = changed(feed, entry, plant)?;
            Ok(event.filter(|event| told.get(&event.row.id).is_none_or(|told| event.row.revision > *told)))
        });
        Ok(stream::iter(present).map(Ok).chain(changes))
    }
}

/// The present state of each line.
async fn present(feed: &Feed, plant: Option<PlantId>) -> Result<Vec<LineStateEvent>, Error> {
    let view = feed.view();
    let plants: Vec<_> = match plant {
        Some(plant) => vec![plant],
        None => view.scope().plants().collect(),
    };
    let event = |row| LineStateEvent { cursor: feed.cursor(), change: None, row };
    Ok(view.lines_of(&plants).await?.into_iter().map(event).collect())
}

fn changed(feed: &Feed, entry: &Arc<Entry>, plant: Option<PlantId>) -> Result<Option<LineStateEvent>, Error> {
    use journal::ChangeKind::{LineLive, LineQualityChanged, LineStale, LineStateChanged};
    let row = &entry.row;
    let wanted = row.subject_type == SubjectType::Line
        && matches!(row.kind, LineStateChanged | LineQualityChanged | LineStale | LineLive)
        && plant.is_none_or(|plant| row.plant_id == Some(plant));
    if !wanted {
        return Ok(None);
    }
    let change = Some((row.kind, row.at));
    Ok(Some(LineStateEvent { cursor: feed.cursor_of(entry), change, row: entry.after()? }))
}

/// The state of a line, as it was at one moment.
#[derive(Description)]
pub struct LineStateEvent {
    cursor: String,
    /// What happened, and when it was recorded; `None` in a snapshot.
    change: Option<(journal::ChangeKind, DateTime<Utc>)>,
    row: line::Model,
}

#[Object(use_type_description)]
impl LineStateEvent {
    /// Resumes behind this event. Opaque.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// What happened; null in the snapshot that a subscription began with.
    async fn kind(&self) -> Option<ChangeKind> {
        self.change.map(|(kind, _)| kind.into())
    }

    /// When it was recorded; null in a snapshot.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.change.map(|(_, at)| at)
    }

    /// The line with all that was known of it at that moment. What belongs to it is shown as it is now.
    async fn line(&self) -> Line {
        Line(self.row.clone())
    }

    /// The state at that moment, and how far it could be trusted.
    async fn state(&self) -> LineStateReport {
        LineStateReport(self.row.clone())
    }

    /// The line's revision at that moment.
    async fn revision(&self) -> i64 {
        self.row.revision
    }
}

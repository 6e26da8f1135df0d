//! Everything that changes.

use std::{collections::HashSet, sync::Arc};

use async_graphql::{Context, Description, ID, InputObject, Object, Subscription};
use chrono::{DateTime, Utc};
use futures::Stream;
use model::{LineId, PlantId, journal::Entry};
use uuid::Uuid;

use super::feed::{Feed, events};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    node::{self, Node},
    scalar::Json,
    types::Plant,
    words::{self, ChangeKind, SubjectType},
};

/// Columns of rows that do not leave: accounts of people, whose names stand beside them, and records as a system sent them.
const HIDDEN_COLUMNS: [&str; 2] = ["approvals", "payload"];
const HIDDEN_COLUMN_ENDING: &str = "_person";

/// Everything that changes.
#[derive(Default)]
pub struct ChangesSubscription;

#[Subscription]
impl ChangesSubscription {
    /// Every change of the twin that you may see, once and in the order of commits.
    async fn changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Resume behind the event with this cursor; from now on if not given.")] after: Option<String>,
        #[graphql(desc = "Which changes; all unless given.")] filter: Option<ChangeFilter>,
    ) -> Result<impl Stream<Item = Result<Change, Error>> + use<>, Error> {
        let feed = Feed::open(context, after.as_deref()).await?;
        let wanted = Wanted::new(&feed, filter.unwrap_or_default()).await?;
        Ok(events(feed, move |feed, entry| {
            let change = || Change { cursor: feed.cursor_of(entry), entry: entry.clone() };
            Ok(wanted.wants(entry)?.then(change))
        }))
    }
}

/// Which changes to send. An empty list does not filter; several lists all have to fit.
#[derive(Default, InputObject)]
pub struct ChangeFilter {
    /// Only these plants, by their codes.
    #[graphql(default)]
    plants: Vec<String>,
    /// Only what concerns these lines, by their global ids: the lines themselves, and objects that belong to one of them.
    #[graphql(default)]
    lines: Vec<ID>,
    /// Only objects of these kinds.
    #[graphql(default)]
    subject_types: Vec<SubjectType>,
    /// Only changes of these kinds.
    #[graphql(default)]
    kinds: Vec<ChangeKind>,
}

/// The same, checked.
struct Wanted {
    plants: HashSet<PlantId>,
    lines: HashSet<LineId>,
    subject_types: Vec<model::SubjectType>,
    kinds: Vec<model::journal::ChangeKind>,
}

impl Wanted {
    async fn new(feed: &Feed, filter: ChangeFilter) -> Result<Self, Error> {
        let mut plants = HashSet::new();
        for code in filter.plants {
            plants.insert(feed.plant(code).await?);
        }
        let line = |id: &ID| GlobalId::parse_as(id, model::SubjectType::Line).map(LineId);
        Ok(Self {
            plants,
            lines: filter.lines.iter().map(line).collect::<Result<_, _>>()?,
            subject_types: words::all(filter.subject_types),
            kinds: words::all(filter.kinds),
        })
    }

    fn wants(&self, entry: &Entry) -> Result<bool, Error> {
        let row = &entry.row;
        let fits = (self.kinds.is_empty() || self.kinds.contains(&row.kind))
            && (self.subject_types.is_empty() || self.subject_types.contains(&row.subject_type))
            && (self.plants.is_empty() || row.plant_id.is_some_and(|plant| self.plants.contains(&plant)));
        Ok(fits && (self.lines.is_empty() || line_of(entry)?.is_some_and(|line| self.lines.contains(&line))))
    }
}

/// The line that a row is, or belongs to.
fn line_of(entry: &Entry) -> Result<Option<LineId>, Error> {
    if entry.row.subject_type == model::SubjectType::Line {
        return Ok(Some(LineId(entry.row.subject_id)));
    }
    let row: serde_json::Value = entry.after()?;
    let line = row.get("line_id").and_then(serde_json::Value::as_str);
    Ok(line.and_then(|line| Uuid::try_parse(line).ok()).map(LineId))
}

/// One change of one object: a row of the journal.
#[derive(Description)]
pub struct Change {
    cursor: String,
    entry: Arc<Entry>,
}

impl Change {
    fn of(&self) -> GlobalId {
        GlobalId::new(self.entry.row.subject_type, self.entry.row.subject_id)
    }

    /// A row as the journal holds it, without what does not leave.
    fn shown(&self, row: &str) -> Result<Option<Json>, Error> {
        if !node::is_shown(self.entry.row.subject_type) {
            return Ok(None);
        }
        let mut row: serde_json::Value =
            serde_json::from_str(row).map_err(|_| Error::broken("a row of the journal can not be read"))?;
        if let Some(columns) = row.as_object_mut() {
            columns.retain(|name, _| !name.ends_with(HIDDEN_COLUMN_ENDING) && !HIDDEN_COLUMNS.contains(&name.as_str()));
        }
        Ok(Some(Json(row)))
    }
}

#[Object(use_type_description)]
impl Change {
    /// Resumes behind this change. Opaque.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// When it was recorded.
    async fn at(&self) -> DateTime<Utc> {
        self.entry.row.at
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        let plant = self.entry.row.plant_id.ok_or_else(|| Error::broken("a change that was sent has no plant"))?;
        context.loaders().required(plant).await.map(Plant)
    }

    /// What happened.
    async fn kind(&self) -> ChangeKind {
        self.entry.row.kind.into()
    }

    /// Kind of the object.
    async fn subject_type(&self) -> SubjectType {
        self.entry.row.subject_type.into()
    }

    /// Global id of the object.
    async fn subject_id(&self) -> ID {
        self.of().encode()
    }

    /// The object as it is now; it may have changed again. Null for kinds that the graph does not show as nodes.
    async fn subject(&self, context: &Context<'_>) -> Result<Option<Node>, Error> {
        node::find(context, self.of()).await
    }

    /// The object's revision after the change.
    async fn revision(&self) -> i64 {
        self.entry.row.revision
    }

    /// The account that acted, or the job of plantgraph as `system:…`.
    async fn actor(&self) -> &str {
        &self.entry.row.actor
    }

    /// What it reacted to.
    async fn cause(&self) -> &str {
        &self.entry.row.cause
    }

    /// The same for all changes of one request or one batch.
    async fn correlation(&self) -> String {
        self.entry.row.correlation.to_string()
    }

    /// The object before the change, as the journal holds it; null when it was created. For audits and tools: the names in it
    /// follow the database and may change with a version.
    async fn before(&self) -> Result<Option<Json>, Error> {
        match &self.entry.row.before {
            Some(row) => self.shown(row),
            None => Ok(None),
        }
    }

    /// The object after the change, as the journal holds it. For audits and tools: the names in it follow the database and may
    /// change with a version.
    async fn after(&self) -> Result<Option<Json>, Error> {
        self.shown(&self.entry.row.after)
    }
}

//! What somebody should look at now.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, Object, Subscription};
use chrono::{DateTime, Utc};
use futures::Stream;
use model::{
    CaseClass, SubjectType,
    entity::{exception_case, hold},
    journal::{self, Entry},
};

use super::feed::{Feed, events};
use crate::{
    context::ContextExt,
    error::Error,
    types::{Case, Hold, MaterialLot, Plant},
    words::{ChangeKind, Severity},
};

/// Kind of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AlertKind {
    /// A hold was placed on a lot, or released.
    Hold,
    /// A downtime case was opened, escalated or closed.
    Downtime,
    /// A case about systems that contradict each other was opened, escalated or closed.
    StatusConflict,
    /// A case about a hold in other systems was opened, escalated or closed.
    QualityHold,
    /// A case about a stream that stopped was opened, escalated or closed.
    SyncStopped,
}

impl AlertKind {
    const ALL: &[Self] = &[Self::Hold, Self::Downtime, Self::StatusConflict, Self::QualityHold, Self::SyncStopped];
}

/// What somebody should look at now.
#[derive(Default)]
pub struct AlertsSubscription;

#[Subscription]
impl AlertsSubscription {
    /// What somebody should look at now: holds that are placed and released, cases that are opened, escalated and closed.
    async fn alerts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which kinds; all if not given.")] kinds: Option<Vec<AlertKind>>,
        #[graphql(desc = "Code of a plant; all your plants if not given.")] plant: Option<String>,
        #[graphql(desc = "Resume behind the event with this cursor; from now on if not given.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<Alert, Error>> + use<>, Error> {
        let feed = Feed::open(context, after.as_deref()).await?;
        let kinds = kinds.unwrap_or_else(|| AlertKind::ALL.to_vec());
        let plant = match plant {
            Some(code) => Some(feed.plant(code).await?),
            None => None,
        };
        Ok(events(feed, move |feed, entry| {
            if plant.is_some_and(|plant| entry.row.plant_id != Some(plant)) {
                return Ok(None);
            }
            let cause = cause(entry, &kinds)?;
            Ok(cause.map(|cause| Alert { cursor: feed.cursor_of(entry), entry: entry.clone(), cause }))
        }))
    }
}

/// What an alert is about, as of its moment.
enum Cause {
    Hold(hold::Model),
    Case(exception_case::Model),
}

/// The cause of a row that is an alert of one of these kinds.
fn cause(entry: &Entry, kinds: &[AlertKind]) -> Result<Option<Cause>, Error> {
    use journal::ChangeKind::{CaseClosed, CaseEscalated, CaseOpened, HoldPlaced, HoldReleased};
    match (entry.row.subject_type, entry.row.kind) {
        (SubjectType::Hold, HoldPlaced | HoldReleased) if kinds.contains(&AlertKind::Hold) => {
            Ok(Some(Cause::Hold(entry.after()?)))
        }
        (SubjectType::Case, CaseOpened | CaseEscalated | CaseClosed) => {
            let case: exception_case::Model = entry.after()?;
            Ok(kinds.contains(&alert_of(case.class)).then_some(Cause::Case(case)))
        }
        _ => Ok(None),
    }
}

fn alert_of(class: CaseClass) -> AlertKind {
    match class {
        CaseClass::Downtime => AlertKind::Downtime,
        CaseClass::StatusConflict => AlertKind::StatusConflict,
        CaseClass::QualityHold => AlertKind::QualityHold,
        CaseClass::SyncStopped => AlertKind::SyncStopped,
    }
}

/// Something that somebody should look at now.
#[derive(Description)]
pub struct Alert {
    cursor: String,
    entry: Arc<Entry>,
    cause: Cause,
}

#[Object(use_type_description)]
impl Alert {
    /// Resumes behind this alert. Opaque.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// Kind.
    async fn kind(&self) -> AlertKind {
        match &self.cause {
            Cause::Hold(_) => AlertKind::Hold,
            Cause::Case(case) => alert_of(case.class),
        }
    }

    /// What happened.
    async fn event(&self) -> ChangeKind {
        self.entry.row.kind.into()
    }

    /// When it was recorded.
    async fn at(&self) -> DateTime<Utc> {
        self.entry.row.at
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        let plant = match &self.cause {
            Cause::Hold(hold) => hold.plant_id,
            Cause::Case(case) => case.plant_id,
        };
        context.loaders().required(plant).await.map(Plant)
    }

    /// What it is about, in a line: the title of the case, or why the hold was placed or released.
    async fn title(&self) -> &str {
        match &self.cause {
            Cause::Hold(hold) => hold.release_reason.as_deref().unwrap_or(&hold.reason),
            Cause::Case(case) => &case.title,
        }
    }

    /// Severity of the case; null for a hold.
    async fn severity(&self) -> Option<Severity> {
        match &self.cause {
            Cause::Hold(_) => None,
            Cause::Case(case) => Some(case.severity.into()),
        }
    }

    /// The case at that moment; null for a hold.
    async fn case(&self) -> Option<Case> {
        match &self.cause {
            Cause::Hold(_) => None,
            Cause::Case(case) => Some(Case(case.clone())),
        }
    }

    /// The hold at that moment; null for a case.
    async fn hold(&self) -> Option<Hold> {
        match &self.cause {
            Cause::Hold(hold) => Some(Hold(hold.clone())),
            Cause::Case(_) => None,
        }
    }

    /// The lot of the hold as it is now; null for a case.
    async fn lot(&self, context: &Context<'_>) -> Result<Option<MaterialLot>, Error> {
        match &self.cause {
            Cause::Hold(hold) => Ok(context.loaders().one(hold.lot_id).await?.map(MaterialLot)),
            Cause::Case(_) => Ok(None),
        }
    }
}

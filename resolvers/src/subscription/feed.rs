//! The journal as one subscriber may see it, row by row.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_graphql::Context;
use futures::{Stream, stream};
use model::{
    Code, PlantId, Principal, SubjectType,
    journal::{Entry, Reader},
    store::View,
};
use tokio::time::Instant;

use crate::{
    context::{ContextExt, Deps, Session},
    error::Error,
};

/// How old the caller's rights may be when an event is delivered. A change of rights that the journal shows counts at once.
const RIGHTS_AGE_MAX: Duration = Duration::from_secs(1);
/// How often a read of the journal that failed is tried again before the subscription ends. Its last cursor resumes it.
const READ_RETRIES_MAX: u32 = 5;
/// Wait before such a try.
const READ_RETRY_WAIT: Duration = Duration::from_secs(1);

/// The journal as one subscriber may see it. Rows wait here by the page that the journal gives, and nowhere else.
pub(super) struct Feed {
    deps: Deps,
    session: Session,
    /// The caller as verified when the subscription began: what comes later can only be less.
    verified: Arc<Principal>,
    rights_read_at: Instant,
    reader: Reader,
    page: VecDeque<Arc<Entry>>,
}

impl Feed {
    /// Opens the journal behind a cursor, or at its present end.
    ///
    /// # Errors
    /// `CURSOR_INVALID`, `CURSOR_EXPIRED`.
    pub async fn open(context: &Context<'_>, after: Option<&str>) -> Result<Self, Error> {
        let (deps, session) = (context.deps().clone(), context.session().clone());
        let verified = session.principal();
        let reader = deps.journal.read(after, verified.scope()).await?;
        Ok(Self { deps, session, verified, rights_read_at: Instant::now(), reader, page: VecDeque::new() })
    }

    /// The twin as the subscriber may see it at its beginning.
    pub fn view(&self) -> View {
        self.deps.store.view(self.verified.scope())
    }

    /// The plant with a code, as the subscriber may see it at its beginning.
    ///
    /// # Errors
    /// `NOT_FOUND`: a subscription to nothing would wait for ever without saying why.
    pub async fn plant(&self, code: String) -> Result<PlantId, Error> {
        match self.view().plants_by_codes(&[code]).await?.as_slice() {
            [plant] => Ok(plant.id),
            [] => Err(Error::refused(Code::NotFound, "there is no plant with this code among yours")),
            _ => Err(Error::refused(Code::InvalidInput, "two of your enterprises have a plant with this code")),
        }
    }

    /// The cursor of the place behind everything that was read.
    pub fn cursor(&self) -> String {
        self.reader.cursor()
    }

    /// The cursor that resumes behind a row.
    pub fn cursor_of(&self, entry: &Entry) -> String {
        self.deps.journal.cursor(entry.row.pos)
    }

    /// Waits for the next row that the subscriber may see.
    ///
    /// # Errors
    /// `CURSOR_EXPIRED` when retention overtook the subscriber, `PRINCIPAL_UNKNOWN` when it has lost its last role, and the
    /// database's when it stays away.
    async fn next(&mut self) -> Result<Arc<Entry>, Error> {
        loop {
            while let Some(entry) = self.page.pop_front() {
                self.keep_rights_current(&entry).await?;
                if entry.row.plant_id.is_some_and(|plant| self.session.principal().scope().contains(plant)) {
                    return Ok(entry);
                }
            }
            self.page = self.read_page().await?.into();
        }
    }

    async fn read_page(&mut self) -> Result<Vec<Arc<Entry>>, Error> {
        let mut retries = 0;
        loop {
            match self.reader.next().await {
                Err(error) if retries < READ_RETRIES_MAX && is_passing(&error) => {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "a subscription could not read; it tries again"
                    );
                    retries += 1;
                    tokio::time::sleep(READ_RETRY_WAIT).await;
                }
                page => return Ok(page?),
            }
        }
    }

    async fn keep_rights_current(&mut self, entry: &Entry) -> Result<(), Error> {
        let is_fresh = self.rights_read_at.elapsed() < RIGHTS_AGE_MAX;
        if is_fresh && entry.row.subject_type != SubjectType::RoleGrant {
            return Ok(());
        }
        let Some(current) = self.deps.store.principal(&self.verified.subject).await? else {
            return Err(Error::refused(Code::PrincipalUnknown, "you have no role in any plant any more"));
        };
        let plants = self.verified.scope().plants().collect();
        let current = current.narrowed_to(&plants);
        self.reader.set_scope(current.scope());
        self.session.set(current);
        self.rights_read_at = Instant::now();
        Ok(())
    }
}

fn is_passing(error: &model::Error) -> bool {
    matches!(error.code(), Code::DatabaseUnavailable | Code::Internal)
}

/// The events that `event` makes of a feed's rows; rows of which it makes none are passed over. An error is the last event.
pub(super) fn events<T, F>(feed: Feed, event: F) -> impl Stream<Item = Result<T, Error>>
where
    F: Fn(&Feed, &Arc<Entry>) -> Result<Option<T>, Error>,
{
    stream::unfold(Some((feed, event)), |state| async {
        let (mut feed, event) = state?;
        loop {
            let made = match feed.next().await {
                Ok(entry) => event(&feed, &entry).transpose(),
                Err(error) => Some(Err(error)),
            };
            match made {
                Some(Ok(made)) => return Some((Ok(made), Some((feed, event)))),
                Some(Err(error)) => return Some((Err(error), None)),
                None => {}
            }
        }
    })
}

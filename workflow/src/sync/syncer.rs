//! The sync of one source: applies pages, keeps cursors, says whether the source is heard.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::TimeDelta;
use model::{
    Code, Freshness, Store, SubjectType,
    entity::{dead_letter, source_system, stream_cursor},
    journal::ChangeKind,
    store::{Actor, Lease, Tx},
};

use crate::{
    case::sync_stopped,
    error::Error,
    sync::{
        Applied, Page, Record,
        apply::{PageContext, apply_records},
        sweep::{Swept, sweep},
    },
};

/// How often a page is tried again when another writer was in the way.
const ATTEMPTS_MAX: u32 = 5;
/// Dead letters with a missing reference that are tried again after a pass.
const RETRY_MAX: u64 = 500;
/// How long a record whose reference is missing waits after its first try; twice as long after each.
const RETRY_FIRST: TimeDelta = TimeDelta::seconds(5);
/// How often the wait doubles at most: to an hour and a half.
const RETRY_DOUBLINGS_MAX: i64 = 10;
/// How old the last success of a quiet stream may be before it is written again.
const QUIET_FOR: TimeDelta = TimeDelta::seconds(15);

/// The sync of one source.
#[derive(Clone, Debug)]
pub struct Syncer {
    store: Store,
    source: source_system::Model,
    lease: Lease,
    /// Whether something changed since the last pass ended.
    news: Arc<AtomicBool>,
}

impl Syncer {
    /// The sync of a source that this process owns.
    ///
    /// # Errors
    /// [`Error::Missing`] when the source does not exist.
    pub async fn new(store: Store, source: model::SourceId, lease: Lease) -> Result<Self, Error> {
        let tx = store.begin(Actor::system("sync", "start")).await?;
        let row = tx
            .job_find::<source_system::Entity>(source.0)
            .await?
            .ok_or(Error::Missing { what: "source", id: source.0 })?;
        tx.commit().await?;
        Ok(Self { store, source: row, lease, news: Arc::default() })
    }

    /// How far a stream was read.
    ///
    /// # Errors
    /// The store's.
    pub async fn cursor(&self, stream: &str) -> Result<Option<String>, Error> {
        Ok(self.store.job_cursor(self.source.id, stream).await?)
    }

    /// The source.
    pub fn source(&self) -> &source_system::Model {
        &self.source
    }

    /// Applies a page and saves its cursor, in one transaction.
    ///
    /// # Errors
    /// The store's; then nothing of the page is applied and the cursor stands where it stood.
    pub async fn apply(&self, page: Page) -> Result<Applied, Error> {
        let mut attempt = 1;
        let mut applied = loop {
            match self.apply_once(&page).await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS_MAX => attempt += 1,
                other => break other?,
            }
        };
        // What has just arrived may be what others miss; otherwise they wait longer and longer.
        self.news.fetch_or(applied.changed > 0, Ordering::Relaxed);
        if page.complete {
            let retried = self.retry_missing_references(!self.news.swap(false, Ordering::Relaxed)).await?;
            applied.changed += retried.changed;
        }
        self.count(&applied);
        Ok(applied)
    }

    /// What a page would change, without changing it.
    ///
    /// # Errors
    /// The store's.
    pub async fn preview(&self, page: &Page) -> Result<Preview, Error> {
        let mut tx = self.begin(&format!("preview of stream {}", page.stream)).await?;
        let applied = apply_records(&mut tx, self.context(page), &page.records).await?;
        let changes = tx.recorded().iter().map(|row| Change {
            subject: row.subject_type,
            id: row.subject_id,
            kind: row.kind,
            before: row.before.clone(),
            after: row.after.clone(),
        });
        Ok(Preview { applied, changes: changes.collect() })
    }

    /// Why a stream is not read; `None`: it is read.
    ///
    /// # Errors
    /// The store's.
    pub async fn paused(&self, stream: &str) -> Result<Option<String>, Error> {
        Ok(self.store.job_stream(self.source.id, stream).await?.and_then(|row| row.paused_reason))
    }

    /// Stops a stream until a person lets it go on, and opens the case that asks one to.
    ///
    /// # Errors
    /// The store's.
    pub async fn pause(&self, stream: &str, reason: &str) -> Result<(), Error> {
        let mut tx = self.begin(&format!("stream {stream} can not be right")).await?;
        pause(&mut tx, &self.source, stream, reason).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A stream could not be read; says so where people look.
    ///
    /// # Errors
    /// The store's.
    pub async fn failed(&self, stream: &str, problem: &str) -> Result<(), Error> {
        let mut tx = self.begin(&format!("stream {stream} failed")).await?;
        let change = |row: &mut stream_cursor::Model| {
            row.errors += 1;
            row.last_error = Some(problem.to_owned());
        };
        tx.save_stream(self.source.id, stream, change).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A stream was read to its end and brought nothing new. Written now and then only: a quiet system costs no writes.
    ///
    /// # Errors
    /// The store's.
    pub async fn quiet(&self, stream: &str) -> Result<(), Error> {
        let known = self.store.job_stream(self.source.id, stream).await?;
        let now = self.store.database_now().await?;
        let fresh = |row: &stream_cursor::Model| {
            row.last_error.is_none() && row.last_success_at.is_some_and(|at| now - at < QUIET_FOR)
        };
        if known.as_ref().is_some_and(fresh) {
            return Ok(());
        }
        let mut tx = self.begin(&format!("stream {stream} is quiet")).await?;
        let change = |row: &mut stream_cursor::Model| {
            row.last_success_at = Some(now);
            row.last_error = None;
        };
        tx.save_stream(self.source.id, stream, change).await?;
        tx.commit().await?;
        // Another system may have brought what was missing.
        self.retry_missing_references(true).await?;
        Ok(())
    }

    /// The source answers.
    ///
    /// # Errors
    /// The store's.
    pub async fn source_live(&self) -> Result<(), Error> {
        let mut tx = self.begin("the source answers").await?;
        set_freshness(&mut tx, self.source.id, Freshness::Live, None).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The source does not answer.
    ///
    /// # Errors
    /// The store's.
    pub async fn source_stale(&self, reason: &str) -> Result<(), Error> {
        let mut tx = self.begin("the source does not answer").await?;
        set_freshness(&mut tx, self.source.id, Freshness::Stale, Some(reason.to_owned())).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn begin(&self, cause: &str) -> Result<Tx, Error> {
        let tx = self.store.begin(Actor::system("sync", format!("{}: {cause}", self.source.code))).await?;
        tx.fence(&self.lease).await?;
        Ok(tx)
    }

    fn context<'a>(&self, page: &'a Page) -> PageContext<'a> {
        PageContext {
            plant: self.source.plant_id,
            source: self.source.id,
            stream: &page.stream,
            mapping_version: &page.mapping_version,
        }
    }

    async fn apply_once(&self, page: &Page) -> Result<Applied, Error> {
        let mut tx = self.begin(&format!("stream {}", page.stream)).await?;
        let mut applied = apply_records(&mut tx, self.context(page), &page.records).await?;
        if let Some(all) = &page.sweep {
            match sweep(&mut tx, self.context(page), &self.source, all).await? {
                Swept::Done(swept) => applied.absent += swept.absent,
                Swept::Braked(reason) => pause(&mut tx, &self.source, &page.stream, &reason).await?,
            }
        }
        let now = tx.at();
        let newest = page.records.iter().filter_map(|record| record.source_time).max();
        let change = |row: &mut stream_cursor::Model| {
            if let Some(cursor) = &page.cursor {
                row.cursor.clone_from(cursor);
            }
            row.rows_read += page.records.len() as i64;
            row.changed += applied.changed as i64;
            row.unchanged += applied.unchanged as i64;
            row.late += applied.late as i64;
            row.dead_letters += applied.dead_letters as i64;
            row.last_success_at = Some(now);
            row.last_error = None;
            row.watermark = row.watermark.max(newest);
        };
        tx.save_stream(self.source.id, &page.stream, change).await?;
        tx.commit().await?;
        Ok(applied)
    }

    fn count(&self, applied: &Applied) {
        let outcomes = [
            ("changed", applied.changed),
            ("unchanged", applied.unchanged),
            ("late", applied.late),
            ("dead_letter", applied.dead_letters),
            ("absent", applied.absent),
        ];
        for (outcome, count) in outcomes {
            metrics::counter!("plantgraph_sync_records_total", "source" => self.source.code.clone(), "outcome" => outcome)
                .increment(count);
        }
    }

    /// Records whose reference was missing may have found it in this pass. Those that have not wait longer each time.
    async fn retry_missing_references(&self, due_only: bool) -> Result<Applied, Error> {
        let mut tx = self.begin("records whose reference was missing").await?;
        let letters =
            tx.job_dead_letters_with(self.source.id, Code::ReferenceMissing.as_str(), due_only, RETRY_MAX).await?;
        let mut streams: BTreeMap<(String, String), Vec<Record>> = BTreeMap::new();
        for letter in &letters {
            let key = (letter.stream.clone(), letter.mapping_version.clone());
            streams.entry(key).or_default().push(serde_json::from_str(&letter.payload)?);
        }
        let mut applied = Applied::default();
        for ((stream, mapping_version), records) in &streams {
            let context = PageContext { plant: self.source.plant_id, source: self.source.id, stream, mapping_version };
            applied.changed += apply_records(&mut tx, context, records).await?.changed;
        }
        for letter in letters {
            let row = tx.job_find::<dead_letter::Entity>(letter.id.0).await?;
            if let Some(row) = row.filter(|row| row.resolved_at.is_none()) {
                let wait = RETRY_FIRST * 2_i32.pow(row.attempts.clamp(0, RETRY_DOUBLINGS_MAX) as u32);
                let after = dead_letter::Model {
                    attempts: row.attempts + 1,
                    next_retry_at: Some(tx.at() + wait),
                    ..row.clone()
                };
                tx.update::<dead_letter::Entity>(&row, after, ChangeKind::Updated).await?;
            }
        }
        tx.commit().await?;
        Ok(applied)
    }
}

/// What a page would change.
#[derive(Clone, Debug)]
pub struct Preview {
    /// How many records would do what.
    pub applied: Applied,
    /// The changes, in order.
    pub changes: Vec<Change>,
}

/// One change of one row.
#[derive(Clone, Debug)]
pub struct Change {
    /// Kind of the row.
    pub subject: SubjectType,
    /// The row.
    pub id: uuid::Uuid,
    /// What happens to it.
    pub kind: ChangeKind,
    /// The row before, as JSON; `None`: it would be new.
    pub before: Option<String>,
    /// The row after, as JSON.
    pub after: String,
}

async fn pause(tx: &mut Tx, source: &source_system::Model, stream: &str, reason: &str) -> Result<(), Error> {
    tracing::error!(source = source.code, stream, reason, "a stream is stopped until a person lets it go on");
    tx.save_stream(source.id, stream, |row| row.paused_reason = Some(reason.to_owned())).await?;
    sync_stopped::stopped(tx, source, stream, reason).await
}

/// Records whether a source is heard, if that changed.
pub(crate) async fn set_freshness(
    tx: &mut Tx,
    source: model::SourceId,
    freshness: Freshness,
    reason: Option<String>,
) -> Result<(), Error> {
    let row =
        tx.job_lock::<source_system::Entity>(source.0).await?.ok_or(Error::Missing { what: "source", id: source.0 })?;
    if row.freshness == freshness && row.reason == reason {
        return Ok(());
    }
    let kind = if freshness == Freshness::Live { ChangeKind::SourceLive } else { ChangeKind::SourceStale };
    let after = source_system::Model { freshness, reason, changed_at: Some(tx.at()), ..row.clone() };
    tx.update::<source_system::Entity>(&row, after, kind).await?;
    Ok(())
}

//! The sync of one source: applies pages, keeps cursors, says whether the source is heard.

use model::{
    Code, Freshness, Store,
    entity::source_system,
    journal::ChangeKind,
    store::{Actor, Lease, Tx},
};

use crate::{
    error::Error,
    sync::{
        Applied, Page, Record,
        apply::{PageContext, apply_records},
    },
};

/// How often a page is tried again when another writer was in the way.
const ATTEMPTS_MAX: u32 = 5;
/// Dead letters with a missing reference that are tried again after a pass.
const RETRY_MAX: u64 = 500;

/// The sync of one source.
#[derive(Clone, Debug)]
pub struct Syncer {
    store: Store,
    source: source_system::Model,
    lease: Lease,
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
        Ok(Self { store, source: row, lease })
    }

    /// How far a stream was read.
    ///
    /// # Errors
    /// The store's.
    pub async fn cursor(&self, stream: &str) -> Result<Option<String>, Error> {
        Ok(self.store.job_cursor(self.source.id, stream).await?)
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
        if page.complete {
            let retried = self.retry_missing_references().await?;
            applied.changed += retried.changed;
        }
        metrics::counter!("plantgraph_sync_records_total", "source" => self.source.code.clone(), "outcome" => "changed").increment(applied.changed);
        metrics::counter!("plantgraph_sync_records_total", "source" => self.source.code.clone(), "outcome" => "dead_letter").increment(applied.dead_letters);
        metrics::counter!("plantgraph_sync_records_total", "source" => self.source.code.clone(), "outcome" => "late")
            .increment(applied.late);
        Ok(applied)
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

    async fn apply_once(&self, page: &Page) -> Result<Applied, Error> {
        let mut tx = self.begin(&format!("stream {}", page.stream)).await?;
        let context = PageContext {
            plant: self.source.plant_id,
            source: self.source.id,
            stream: &page.stream,
            mapping_version: &page.mapping_version,
        };
        let applied = apply_records(&mut tx, context, &page.records).await?;
        if let Some(cursor) = &page.cursor {
            tx.save_cursor(self.source.id, &page.stream, cursor.clone()).await?;
        }
        tx.commit().await?;
        Ok(applied)
    }

    /// Records whose reference was missing may have found it in this pass.
    async fn retry_missing_references(&self) -> Result<Applied, Error> {
        let mut tx = self.begin("records whose reference was missing").await?;
        let letters = tx.job_dead_letters_with(self.source.id, Code::ReferenceMissing.as_str(), RETRY_MAX).await?;
        let mut applied = Applied::default();
        for letter in letters {
            let record: Record = serde_json::from_str(&letter.payload)?;
            let context = PageContext {
                plant: self.source.plant_id,
                source: self.source.id,
                stream: &letter.stream,
                mapping_version: &letter.mapping_version,
            };
            applied.changed += apply_records(&mut tx, context, &[record]).await?.changed;
        }
        tx.commit().await?;
        Ok(applied)
    }
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

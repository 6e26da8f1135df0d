//! The tail: follows the journal, keeps the newest rows in a ring and wakes the readers.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    entity::journal,
    error::{Doing, Error},
    journal::{CursorKey, reader::Reader},
    scope::Scope,
    store::Store,
};

/// Rows that one read takes at most: bounds the memory of a reader that is far behind.
pub(super) const PAGE_ROWS: u64 = 500;

/// A row of the journal, shared by all readers.
#[derive(Debug)]
pub struct Entry {
    /// The row.
    pub row: journal::Model,
}

impl Entry {
    /// The subject after the change.
    pub fn after<T: DeserializeOwned>(&self) -> Result<T, Error> {
        Ok(serde_json::from_str(&self.row.after)?)
    }

    /// The subject before the change; `None` when it was created.
    pub fn before<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        Ok(self.row.before.as_deref().map(serde_json::from_str).transpose()?)
    }
}

/// How the tail works.
#[derive(Clone, Debug)]
pub struct JournalOptions {
    /// Rows kept in memory for readers.
    pub ring_rows: usize,
    /// How often to look without being woken; repairs a missed wake-up.
    pub poll: Duration,
}

impl Default for JournalOptions {
    fn default() -> Self {
        // 8,192 rows are some 80 s of a busy plant and at most some 20 MB.
        Self { ring_rows: 8_192, poll: Duration::from_millis(250) }
    }
}

/// The journal as this process follows it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Journal {
    store: Store,
    key: CursorKey,
    ring: Arc<RwLock<VecDeque<Arc<Entry>>>>,
    head: watch::Receiver<i64>,
}

impl Journal {
    /// Starts to follow the journal of `store` from its present head.
    pub async fn spawn(
        store: Store,
        options: JournalOptions,
        tracker: &TaskTracker,
        cancel: CancellationToken,
    ) -> Result<Self, Error> {
        let head = store.journal_head().await?;
        let key = CursorKey::new(&head.cursor_key, head.journal_id)
            .ok_or_else(|| Error::Unsuitable("the journal's cursor key has not 32 bytes".into()))?;
        let ring = Arc::new(RwLock::new(VecDeque::new()));
        let (sender, receiver) = watch::channel(head.pos);
        let tail = Tail { store: store.clone(), options, ring: ring.clone(), head: sender };
        tracker.spawn(tail.run(cancel));
        Ok(Self { store, key, ring, head: receiver })
    }

    /// The position up to which this process has seen the journal.
    pub fn position(&self) -> i64 {
        *self.head.borrow()
    }

    /// The cursor of a position.
    pub fn cursor(&self, pos: i64) -> String {
        self.key.seal(pos)
    }

    /// The position of a cursor.
    ///
    /// # Errors
    /// [`Error::CursorInvalid`] for a cursor of another journal.
    pub fn position_of(&self, cursor: &str) -> Result<i64, Error> {
        self.key.open(cursor)
    }

    /// A reader of everything in `scope` after the cursor, or after the present head.
    ///
    /// # Errors
    /// [`Error::CursorInvalid`] for a cursor of another journal, [`Error::CursorExpired`] when rows after it are gone.
    pub async fn read(&self, after: Option<&str>, scope: Scope) -> Result<Reader, Error> {
        let head = self.store.journal_head().await?;
        let pos = match after {
            None => head.pos,
            Some(cursor) => self.key.open(cursor)?,
        };
        if pos > head.pos {
            // A database restored from a backup: what the client saw is not there any more.
            return Err(Error::CursorExpired);
        }
        if pos < head.floor_pos {
            return Err(Error::CursorExpired);
        }
        Ok(Reader::new(self.clone(), pos, scope))
    }

    pub(super) fn head(&self) -> watch::Receiver<i64> {
        self.head.clone()
    }

    /// Rows after `pos`, from the ring if it reaches back so far, otherwise from the database.
    pub(super) async fn after(&self, pos: i64) -> Result<Vec<Arc<Entry>>, Error> {
        if let Some(rows) = self.ring_after(pos) {
            return Ok(rows);
        }
        let rows = self.store.journal_after(pos, PAGE_ROWS).await?;
        match rows.first() {
            Some(first) if first.pos != pos + 1 => Err(Error::CursorExpired),
            _ => Ok(rows.into_iter().map(|row| Arc::new(Entry { row })).collect()),
        }
    }

    fn ring_after(&self, pos: i64) -> Option<Vec<Arc<Entry>>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let first = ring.front()?.row.pos;
        let skip = usize::try_from(pos + 1 - first).ok()?;
        Some(ring.iter().skip(skip).take(PAGE_ROWS as usize).cloned().collect())
    }
}

struct Tail {
    store: Store,
    options: JournalOptions,
    ring: Arc<RwLock<VecDeque<Arc<Entry>>>>,
    head: watch::Sender<i64>,
}

impl Tail {
    async fn run(self, cancel: CancellationToken) {
        let mut wake = self.store.wake();
        loop {
            match self.advance().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the journal's tail could not read; it tries again"
                ),
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = wake.changed() => {}
                () = tokio::time::sleep(self.options.poll) => {}
            }
        }
    }

    /// Takes one page; whether there may be more.
    async fn advance(&self) -> Result<bool, Error> {
        let pos = *self.head.borrow();
        let rows = self.store.journal_after(pos, PAGE_ROWS).await?;
        let Some(last) = rows.last().map(|row| row.pos) else { return Ok(false) };
        let full = rows.len() as u64 == PAGE_ROWS;
        {
            let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
            if rows.first().is_some_and(|first| first.pos != pos + 1) {
                // Retention overtook a tail that was far behind; readers find out from the database.
                ring.clear();
            }
            ring.extend(rows.into_iter().map(|row| Arc::new(Entry { row })));
            let excess = ring.len().saturating_sub(self.options.ring_rows);
            ring.drain(..excess);
        }
        self.head.send_replace(last);
        Ok(full)
    }
}

impl Store {
    /// At most `limit` rows after `pos`, in order. For the tail, the checker and the benchmarks: not scoped.
    pub async fn journal_after(&self, pos: i64, limit: u64) -> Result<Vec<journal::Model>, Error> {
        journal::Entity::find()
            .filter(journal::Column::Pos.gt(pos))
            .order_by_asc(journal::Column::Pos)
            .limit(limit)
            .all(self.reader())
            .await
            .doing("read the journal")
    }
}

//! A reader of the journal: everything after its position that its scope may see, once, in order.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    error::Error,
    journal::tail::{Entry, Journal},
    scope::Scope,
};

/// A reader of the journal.
#[derive(Debug)]
pub struct Reader {
    journal: Journal,
    head: watch::Receiver<i64>,
    pos: i64,
    scope: Scope,
}

impl Reader {
    pub(super) fn new(journal: Journal, pos: i64, scope: Scope) -> Self {
        let head = journal.head();
        Self { journal, head, pos, scope }
    }

    /// Replaces the scope: what a caller may see can change while it reads.
    pub fn set_scope(&mut self, scope: Scope) {
        self.scope = scope;
    }

    /// The cursor that resumes after everything returned so far.
    pub fn cursor(&self) -> String {
        self.journal.cursor(self.pos)
    }

    /// Waits for the next rows in scope; never empty.
    ///
    /// # Errors
    /// [`Error::CursorExpired`] when retention overtook the reader, [`Error::Closing`] when the journal ends,
    /// and errors of the database, after which the reader may be asked again.
    pub async fn next(&mut self) -> Result<Vec<Arc<Entry>>, Error> {
        loop {
            if *self.head.borrow_and_update() <= self.pos {
                self.head.changed().await.map_err(|_| Error::Closing)?;
                continue;
            }
            let rows = self.journal.after(self.pos).await?;
            let Some(last) = rows.last() else { return Err(Error::CursorExpired) };
            self.pos = last.row.pos;
            let seen: Vec<_> = rows
                .into_iter()
                .filter(|entry| entry.row.plant_id.is_some_and(|plant| self.scope.contains(plant)))
                .collect();
            if !seen.is_empty() {
                return Ok(seen);
            }
        }
    }
}

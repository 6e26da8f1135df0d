//! The checks of a process that keeps a twin.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use model::{Store, journal::Journal};

use super::Check;

/// A tail that needs longer for what is already stored is behind: many times the poll that repairs a missed wake-up.
const CATCH_UP: Duration = Duration::from_secs(1);

/// How often the tail is looked at meanwhile.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// The database answers.
pub struct DatabaseAnswers(Store);

impl DatabaseAnswers {
    /// Checks this database.
    pub fn new(store: Store) -> Self {
        Self(store)
    }
}

impl Check for DatabaseAnswers {
    fn name(&self) -> &'static str {
        "database"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), &'static str>> {
        async { self.0.ping().await.map_err(|_| "does not answer") }.boxed()
    }
}

/// The schema of the database is the one of this binary.
pub struct MigrationsCurrent(Store);

impl MigrationsCurrent {
    /// Checks this database.
    pub fn new(store: Store) -> Self {
        Self(store)
    }
}

impl Check for MigrationsCurrent {
    fn name(&self) -> &'static str {
        "migrations"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), &'static str>> {
        async {
            match migrations::pending(self.0.migration_connection()).await {
                Ok(pending) if pending.is_empty() => Ok(()),
                Ok(_) => Err("not current; run plantgraph migrate"),
                Err(_) => Err("cannot be read"),
            }
        }
        .boxed()
    }
}

/// The tail, from which subscribers are served, keeps up with the journal.
pub struct TailKeepsUp {
    store: Store,
    journal: Journal,
}

impl TailKeepsUp {
    /// Checks the tail of this process against the journal that is stored.
    pub fn new(store: Store, journal: Journal) -> Self {
        Self { store, journal }
    }
}

impl Check for TailKeepsUp {
    fn name(&self) -> &'static str {
        "journal"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), &'static str>> {
        async {
            let head = self.store.journal_head().await.map_err(|_| "cannot be read")?.pos;
            let reached = async {
                while self.journal.position() < head {
                    tokio::time::sleep(LOOK_INTERVAL).await;
                }
            };
            tokio::time::timeout(CATCH_UP, reached).await.map_err(|_| "the tail is behind")
        }
        .boxed()
    }
}

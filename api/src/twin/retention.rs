//! Removes journal rows that are older than the retention.

use std::time::Duration;

use model::Store;

use crate::lifecycle::{TaskKind, Tasks};

/// How often to look: a subscriber may resume from up to an hour more than promised.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);

/// Prunes now and every hour. Any number of replicas may run it: the head row's lock orders them.
pub(super) fn spawn(store: Store, retention: Duration, tasks: &Tasks) {
    tasks.spawn(TaskKind::Disposable, "retention", async move {
        loop {
            match prune(&store, retention).await {
                Ok(0) => {}
                Ok(rows) => tracing::info!(rows, "pruned the journal"),
                Err(error) => tracing::warn!(
                    error = crate::error::chain(&error),
                    "could not prune the journal; trying again in an hour"
                ),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        #[expect(unreachable_code, reason = "gives the endless task its type")]
        Ok::<(), std::convert::Infallible>(())
    });
}

async fn prune(store: &Store, retention: Duration) -> Result<i64, model::Error> {
    let cutoff = store.database_now().await? - retention;
    store.prune_journal(cutoff).await
}

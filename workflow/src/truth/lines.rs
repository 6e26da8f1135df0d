//! Lines that a system speaks of: the floor changes without a record of that system, so that they are looked at now and then.

use std::time::Duration;

use model::{Store, SubjectType, entity::external_reference, store::Actor};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{case::status_conflict, error::Error, sync};

/// How often: far below the window of a line's state, and nothing to a database.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Lines that are looked at in one round; no plant has as many.
const LINES_MAX: u64 = 5_000;

/// Looks until cancelled. Any number of replicas may: a look that finds nothing new writes nothing.
pub fn spawn(store: Store, tracker: &TaskTracker, cancel: CancellationToken) {
    tracker.spawn(async move {
        loop {
            if cancel.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
                return;
            }
            if let Err(error) = look(&store).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "lines were not compared; trying again");
            }
        }
    });
}

/// Compares every line that a system speaks of with what the floor says.
///
/// # Errors
/// The store's.
pub async fn look(store: &Store) -> Result<(), Error> {
    for reference in store.job_references_of_kind(SubjectType::Line, LINES_MAX).await? {
        compare(store, &reference).await?;
    }
    Ok(())
}

async fn compare(store: &Store, reference: &external_reference::Model) -> Result<(), Error> {
    let mut tx = store.begin(Actor::system("truth", "what the floor and a system say of a line")).await?;
    if let Some(disputed) = sync::revise(&mut tx, reference.plant_id, SubjectType::Line, reference.subject_id).await? {
        status_conflict::watch(&mut tx, &disputed).await?;
    }
    tx.commit().await?;
    Ok(())
}

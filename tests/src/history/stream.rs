//! A subscriber that is there from the beginning: what it got is the journal in its scope.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use model::{
    Scope,
    entity::journal,
    journal::{Journal, Reader},
};
use tokio_util::task::TaskTracker;

/// How long a row may take from its commit to a subscriber, other replicas and a busy machine included.
const ARRIVES_WITHIN: Duration = Duration::from_secs(5);

/// What a subscriber got.
#[derive(Debug)]
pub(crate) struct Stream {
    scope: Scope,
    got: Mutex<Vec<(i64, Vec<u8>)>>,
}

impl Stream {
    /// Subscribes to everything in scope, from the first row on.
    pub(crate) async fn follow(journal: &Journal, scope: Scope, tracker: &TaskTracker) -> Arc<Self> {
        let reader = journal.read(Some(&journal.cursor(0)), scope.clone()).await.unwrap();
        let stream = Arc::new(Self { scope, got: Mutex::default() });
        tracker.spawn(stream.clone().run(reader));
        stream
    }

    async fn run(self: Arc<Self>, mut reader: Reader) {
        // It ends with the journal's tail.
        while let Ok(entries) = reader.next().await {
            self.got.lock().unwrap().extend(entries.iter().map(|entry| (entry.row.pos, entry.row.hash.clone())));
        }
    }

    /// Once each, in order, nothing missing, nothing from outside the scope.
    pub(super) async fn check(&self, rows: &[journal::Model], floor: i64) {
        let expected: Vec<_> = rows
            .iter()
            .filter(|row| row.plant_id.is_some_and(|plant| self.scope.contains(plant)))
            .map(|row| (row.pos, row.hash.clone()))
            .collect();
        let begun = Instant::now();
        while self.retained(floor).len() < expected.len() && begun.elapsed() < ARRIVES_WITHIN {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(self.retained(floor), expected, "the subscriber's stream is the journal in its scope");
    }

    fn retained(&self, floor: i64) -> Vec<(i64, Vec<u8>)> {
        self.got.lock().unwrap().iter().filter(|(pos, _)| *pos > floor).cloned().collect()
    }
}

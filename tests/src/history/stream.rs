//! A subscriber that is there from the beginning: what it got is the journal in its scope.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use model::{
    Error, Scope,
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
    /// Retention was faster than this subscriber, and it was told so.
    expired: AtomicBool,
}

impl Stream {
    /// Subscribes to everything in scope, from the first row on.
    pub(crate) async fn follow(journal: &Journal, scope: Scope, tracker: &TaskTracker) -> Arc<Self> {
        let reader = journal.read(Some(&journal.cursor(0)), scope.clone()).await.unwrap();
        let stream = Arc::new(Self { scope, got: Mutex::default(), expired: AtomicBool::new(false) });
        tracker.spawn(stream.clone().run(reader));
        stream
    }

    async fn run(self: Arc<Self>, mut reader: Reader) {
        loop {
            match reader.next().await {
                Ok(entries) => {
                    self.got.lock().unwrap().extend(entries.iter().map(|entry| (entry.row.pos, entry.row.hash.clone())))
                }
                Err(Error::CursorExpired) => return self.expired.store(true, Ordering::Release),
                // The journal's tail ends with the test.
                Err(Error::Closing) => return,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
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
        let expired = || self.expired.load(Ordering::Acquire);
        while self.retained(floor).len() < expected.len() && !expired() && begun.elapsed() < ARRIVES_WITHIN {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let got = self.retained(floor);
        assert!(
            expected.starts_with(&got),
            "the subscriber's stream is the journal in its scope: {got:?}, {expected:?}"
        );
        assert!(
            got.len() == expected.len() || (expired() && floor > 0),
            "the subscriber misses rows and was not told so"
        );
    }

    fn retained(&self, floor: i64) -> Vec<(i64, Vec<u8>)> {
        self.got.lock().unwrap().iter().filter(|(pos, _)| *pos > floor).cloned().collect()
    }
}

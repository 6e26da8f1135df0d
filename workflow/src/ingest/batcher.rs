//! Collects batches and commits them together.

use std::time::Duration;

use model::{SourceId, Store, store::Lease};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    error::Error,
    ingest::{Handle, Queued, apply::Applier},
    live::LiveValues,
};

/// First wait after a failed commit.
const RETRY_FIRST: Duration = Duration::from_millis(50);
/// Longest wait after a failed commit: the source's own queue holds what we do not take.
const RETRY_LONGEST: Duration = Duration::from_secs(5);

/// How an ingest batches.
#[derive(Clone, Copy, Debug)]
pub struct IngestOptions {
    /// Shortest time between two commits.
    pub flush_interval: Duration,
    /// Signals after which it commits at once.
    pub signals_max: usize,
    /// Batches that wait in the queue; a full queue holds the connector back.
    pub queue_batches: usize,
    /// Shortest time between two roll-ups of a line's counters.
    pub roll_up_interval: Duration,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            flush_interval: Duration::from_millis(100),
            signals_max: 1_000,
            // A connector sends one batch per notification message, at most some ten a second.
            queue_batches: 64,
            roll_up_interval: Duration::from_secs(5),
        }
    }
}

/// The ingest of one source.
#[derive(Debug)]
pub struct Ingest {
    queue: mpsc::Receiver<Queued>,
    applier: Applier,
    options: IngestOptions,
}

impl Ingest {
    /// Starts the ingest of a source that this process owns, until `cancel`; what was handed in by then is still committed.
    pub fn spawn(
        store: Store,
        live: LiveValues,
        source: SourceId,
        lease: Lease,
        options: IngestOptions,
        tracker: &TaskTracker,
        cancel: CancellationToken,
    ) -> Handle {
        let (handle, queue) = Handle::channel(options.queue_batches);
        let applier = Applier::new(store, live, source, lease, options.roll_up_interval);
        tracker.spawn(Self { queue, applier, options }.run(cancel));
        handle
    }

    async fn run(mut self, cancel: CancellationToken) {
        let mut last_commit: Option<Instant> = None;
        loop {
            let first = tokio::select! {
                first = self.queue.recv() => first,
                () = cancel.cancelled() => {
                    self.queue.close();
                    self.queue.try_recv().ok()
                }
            };
            let Some(first) = first else { return };
            // A lone signal after a quiet time is committed at once; in a stream, one commit per interval.
            let flush_at = last_commit.map_or_else(Instant::now, |at| at + self.options.flush_interval);
            let batches = self.collect(first, flush_at).await;
            for batches in runs(batches) {
                if !self.commit(batches, &cancel).await {
                    return;
                }
            }
            last_commit = Some(Instant::now());
        }
    }

    async fn collect(&mut self, first: Queued, flush_at: Instant) -> Vec<Queued> {
        let mut signals = first.batch.signals.len();
        let mut batches = vec![first];
        while signals < self.options.signals_max {
            let next = match self.queue.try_recv() {
                Ok(next) => Some(next),
                Err(_) => tokio::time::timeout_at(flush_at, self.queue.recv()).await.unwrap_or_default(),
            };
            let Some(next) = next else { break };
            signals += next.batch.signals.len();
            batches.push(next);
        }
        batches
    }

    /// Commits, trying until it works: what is not committed is not acknowledged, so nothing is lost. Whether to go on.
    async fn commit(&mut self, batches: Vec<Queued>, cancel: &CancellationToken) -> bool {
        let (batches, done): (Vec<_>, Vec<_>) = batches.into_iter().map(|queued| (queued.batch, queued.done)).unzip();
        let mut wait = RETRY_FIRST;
        let outcome = loop {
            match self.applier.apply(&batches).await {
                Ok(()) => break Ok(()),
                Err(Error::Store(error @ model::Error::LeaseLost { .. })) => break Err(Error::Store(error)),
                Err(error) if cancel.is_cancelled() => break Err(error),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        wait_ms = wait.as_millis(),
                        "a batch of signals could not be committed; trying again"
                    );
                    metrics::counter!("plantgraph_ingest_retries_total").increment(1);
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(RETRY_LONGEST);
                }
            }
        };
        let committed = outcome.is_ok();
        if let Err(error) = outcome {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the ingest ends without committing its last batches; their source still has them"
            );
        }
        for done in done {
            // The connector may have gone; then nobody needs to know.
            let _ = done.send(if committed { Ok(()) } else { Err(Error::Stopped) });
        }
        committed
    }
}

/// The batches in their order, those from a history apart from the others.
fn runs(batches: Vec<Queued>) -> Vec<Vec<Queued>> {
    let mut runs: Vec<Vec<Queued>> = Vec::new();
    for queued in batches {
        match runs.last_mut() {
            Some(run) if run[0].batch.is_replayed() == queued.batch.is_replayed() => run.push(queued),
            _ => runs.push(vec![queued]),
        }
    }
    runs
}

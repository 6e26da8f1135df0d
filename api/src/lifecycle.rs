//! Starting and stopping: who runs, what happens when one ends, and how the process comes to rest.
//!
//! The first signal drains: nothing new begins, what runs may finish. A second signal or the deadline aborts.

use std::{
    fmt::Display,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures::{
    FutureExt, Stream, StreamExt,
    stream::{self, BoxStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::error::Error;

/// Once aborted, tasks only have to be dropped.
const ABORT_GRACE: Duration = Duration::from_secs(1);

/// What a task is to the process: what happens when it fails, and when the process stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// Without it the process would only look alive. If it fails, panics or ends early, the process stops with a failing
    /// exit code. On stop it finishes its work.
    Essential,
    /// Its failure is logged and counted; the process goes on. On stop it finishes its work.
    Worker,
    /// Its failure is logged and counted; the process goes on. On stop it is dropped at once, and nothing is lost.
    Disposable,
}

/// Starts tasks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    drain: CancellationToken,
    abort: CancellationToken,
    failure: Arc<OnceLock<(&'static str, String)>>,
}

impl Tasks {
    /// The tracker, for components that start tasks of their own.
    pub fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    /// Cancelled when the process begins to stop.
    pub fn drain(&self) -> &CancellationToken {
        &self.drain
    }

    /// Runs `work` under a name that logs and metrics show.
    pub fn spawn<E, W>(&self, kind: TaskKind, name: &'static str, work: W)
    where
        E: Display + Send,
        W: Future<Output = Result<(), E>> + Send + 'static,
    {
        let tasks = self.clone();
        let dropped = match kind {
            TaskKind::Essential | TaskKind::Worker => self.abort.clone(),
            TaskKind::Disposable => self.drain.clone(),
        };
        self.tracker.spawn(async move {
            let ended = tokio::select! {
                biased;
                ended = AssertUnwindSafe(work).catch_unwind() => ended,
                () = dropped.cancelled() => return tracing::debug!(task = name, "the task was dropped"),
            };
            let failure = match ended {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("it panicked".to_owned()),
            };
            tasks.ended(kind, name, failure);
        });
    }

    fn ended(&self, kind: TaskKind, name: &'static str, failure: Option<String>) {
        if let Some(reason) = &failure {
            metrics::counter!("plantgraph_task_failures_total", "task" => name).increment(1);
            tracing::error!(task = name, reason, "a task failed");
        }
        let early = || (!self.drain.is_cancelled()).then(|| "it ended before it was told to".to_owned());
        match (kind, failure.or_else(early)) {
            (TaskKind::Essential, Some(reason)) => {
                // Only the first failure is the cause; the others follow from it.
                let _first = self.failure.set((name, reason));
                self.drain.cancel();
            }
            (TaskKind::Essential, None) | (TaskKind::Worker | TaskKind::Disposable, _) => {}
        }
    }
}

/// The process from its start to its end.
pub struct Lifecycle {
    tasks: Tasks,
    signals: Option<BoxStream<'static, &'static str>>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new()
    }
}

impl Lifecycle {
    /// A process that stops on SIGTERM and Ctrl-C. Until [`Lifecycle::run`] listens, they end it at once, as the system
    /// does without us: a start that hangs can be broken off.
    pub fn new() -> Self {
        let tasks = Tasks {
            tracker: TaskTracker::new(),
            drain: CancellationToken::new(),
            abort: CancellationToken::new(),
            failure: Arc::default(),
        };
        Self { tasks, signals: None }
    }

    /// A process that stops on these signals.
    pub fn with_signals(signals: impl Stream<Item = &'static str> + Send + 'static) -> Self {
        Self { signals: Some(signals.boxed()), ..Self::new() }
    }

    /// Starts tasks.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Waits until something ends the process, then lets it come to rest within `deadline`.
    ///
    /// # Errors
    /// [`Error::Task`] when an essential task ended, [`Error::Forced`] when not everything finished.
    pub async fn run(self, deadline: Duration) -> Result<(), Error> {
        let Tasks { tracker, drain, abort, failure } = &self.tasks;
        let mut signals = match self.signals {
            Some(signals) => signals,
            None => system_signals()?,
        };
        tokio::select! {
            signal = next(&mut signals) => tracing::info!(signal, "stopping; a second signal stops at once"),
            () = drain.cancelled() => tracing::info!("stopping"),
        }
        drain.cancel();
        tracker.close();
        let forced = tokio::select! {
            biased;
            () = tracker.wait() => None,
            signal = next(&mut signals) => Some(("a second signal came", signal)),
            () = tokio::time::sleep(deadline) => Some(("the deadline passed", "")),
        };
        if let Some((why, signal)) = forced {
            tracing::warn!(tasks = tracker.len(), signal, why, "aborting");
            abort.cancel();
            // What does not even stop now ends with the process.
            let _rest = tokio::time::timeout(ABORT_GRACE, tracker.wait()).await;
        }
        match (failure.get(), forced) {
            (Some((task, reason)), _) => Err(Error::Task { task, reason: reason.clone() }),
            (None, Some((why, _))) => Err(Error::Forced(why)),
            (None, None) => Ok(()),
        }
    }
}

/// The next signal. A stream that ends means that no more signals come, which must not look like one.
async fn next(signals: &mut BoxStream<'static, &'static str>) -> &'static str {
    match signals.next().await {
        Some(signal) => signal,
        None => std::future::pending().await,
    }
}

#[cfg(unix)]
fn system_signals() -> Result<BoxStream<'static, &'static str>, Error> {
    use tokio::signal::unix::{SignalKind, signal};

    let listen = |kind| signal(kind).map_err(|source| Error::System { doing: "listen for signals".to_owned(), source });
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let signals = stream::poll_fn(move |context| {
        if interrupt.poll_recv(context).is_ready() {
            return std::task::Poll::Ready(Some("SIGINT"));
        }
        terminate.poll_recv(context).map(|received| received.map(|()| "SIGTERM"))
    });
    Ok(signals.boxed())
}

#[cfg(not(unix))]
fn system_signals() -> Result<BoxStream<'static, &'static str>, Error> {
    let signals = stream::unfold((), |()| async { tokio::signal::ctrl_c().await.ok().map(|()| ("Ctrl-C", ())) });
    Ok(signals.boxed())
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, oneshot};
    use tokio_stream::wrappers::ReceiverStream;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    type Never = std::convert::Infallible;

    fn process() -> (mpsc::Sender<&'static str>, Lifecycle) {
        let (sender, receiver) = mpsc::channel(4);
        (sender, Lifecycle::with_signals(ReceiverStream::new(receiver)))
    }

    #[tokio::test]
    async fn the_first_signal_drains() {
        let (signal, lifecycle) = process();
        let (done, finished) = oneshot::channel();
        let drain = lifecycle.tasks().drain().clone();
        lifecycle.tasks().spawn(TaskKind::Worker, "worker", async move {
            drain.cancelled().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            done.send(()).ok();
            Ok::<_, Never>(())
        });
        signal.send("SIGTERM").await.unwrap();
        lifecycle.run(LONG).await.unwrap();
        finished.await.unwrap();
    }

    #[tokio::test]
    async fn a_second_signal_or_the_deadline_aborts() {
        for second in [true, false] {
            let (signal, lifecycle) = process();
            lifecycle.tasks().spawn(TaskKind::Worker, "stuck", std::future::pending::<Result<(), Never>>());
            signal.send("SIGTERM").await.unwrap();
            if second {
                signal.send("SIGTERM").await.unwrap();
            }
            let deadline = if second { LONG } else { Duration::from_millis(20) };
            let error = lifecycle.run(deadline).await.unwrap_err();
            assert_eq!(error.exit_code(), crate::error::exit::FORCED, "{error}");
        }
    }

    #[tokio::test]
    async fn what_is_disposable_does_not_delay_the_end() {
        let (signal, lifecycle) = process();
        lifecycle.tasks().spawn(TaskKind::Disposable, "feed", std::future::pending::<Result<(), Never>>());
        signal.send("SIGINT").await.unwrap();
        lifecycle.run(LONG).await.unwrap();
    }

    #[tokio::test]
    async fn an_essential_task_takes_the_process_with_it() {
        async fn work(way: &str) -> Result<(), String> {
            match way {
                "fail" => Err("no more disk".to_owned()),
                "panic" => panic!("on purpose"),
                _ => Ok(()),
            }
        }
        for (way, reason) in [("fail", "no more disk"), ("panic", "it panicked"), ("end", "before it was told")] {
            let (_signal, lifecycle) = process();
            lifecycle.tasks().spawn(TaskKind::Essential, "tail", work(way));
            let error = lifecycle.run(LONG).await.unwrap_err();
            assert!(matches!(error, Error::Task { task: "tail", .. }) && error.to_string().contains(reason), "{error}");
        }
    }

    #[tokio::test]
    async fn a_worker_may_fail() {
        let (signal, lifecycle) = process();
        lifecycle.tasks().spawn(TaskKind::Worker, "poll", async { Err("the ERP is away") });
        tokio::task::yield_now().await;
        assert!(!lifecycle.tasks().drain().is_cancelled());
        signal.send("SIGTERM").await.unwrap();
        lifecycle.run(LONG).await.unwrap();
    }
}

//! When a batch of keys is complete.
//!
//! All fields that can be resolved are resolved in one turn of their execution (one poll of its future). When the turn has ended,
//! whoever could ask has asked, and the batch can be read at once. A clock, as the library has it, would add two milliseconds to
//! every level of a query and still only guess.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Poll,
};

use futures::{FutureExt, future::BoxFuture};
use tokio::sync::Notify;

/// The turns of one execution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether a turn runs now.
    runs: AtomicBool,
    ended: Notify,
}

impl Turns {
    /// Runs the execution whose turns these are.
    pub async fn of<F: Future>(&self, execution: F) -> F::Output {
        let mut execution = pin!(execution);
        std::future::poll_fn(|context| -> Poll<F::Output> {
            let _turn = Turn::begin(&self.0);
            execution.as_mut().poll(context)
        })
        .await
    }

    /// Resolves when no turn runs: at the end of the present one, or at once.
    pub fn ended(&self) -> BoxFuture<'static, ()> {
        let state = self.0.clone();
        async move {
            loop {
                // Listens before it looks, so that an end in between is not missed.
                let mut ended = pin!(state.ended.notified());
                ended.as_mut().enable();
                if !state.runs.load(SeqCst) {
                    return;
                }
                ended.await;
            }
        }
        .boxed()
    }
}

/// A turn. It ends when it is dropped, by a panic too.
struct Turn<'a>(&'a State);

impl<'a> Turn<'a> {
    fn begin(state: &'a State) -> Self {
        state.runs.store(true, SeqCst);
        Self(state)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.runs.store(false, SeqCst);
        self.0.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn without_a_turn_there_is_nothing_to_wait_for() {
        Turns::default().ended().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_batch_begins_when_everybody_has_asked() {
        for _ in 0..1_000 {
            let (turns, asked) = (Turns::default(), Arc::new(AtomicBool::new(false)));
            let mut batches = JoinSet::new();
            let (everybody, end) = (asked.clone(), turns.ended());
            let fields = async {
                // The first field starts the batch, which another thread may take up at once; the last is still to ask.
                batches.spawn(async move {
                    end.await;
                    assert!(everybody.load(SeqCst));
                });
                std::thread::yield_now();
                asked.store(true, SeqCst);
                batches.join_next().await.unwrap().unwrap();
            };
            turns.of(fields).await;
        }
    }
}

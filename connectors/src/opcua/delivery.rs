//! Hands batches to the ingest and keeps account: a message is acknowledged to the server only when it is durable here.

use std::{collections::VecDeque, time::Duration};

use model::Code;
use opcua::types::SubscriptionAcknowledgement;
use tokio::{sync::oneshot, time::sleep};
use workflow::ingest::{self, Batch};

use super::source::Fault;

/// Messages that may wait for their transaction. A server keeps only a few unacknowledged messages for us to ask for
/// again (one common stack: twice the waiting Publish requests), so what is unacknowledged must stay below that.
const MAX_UNSTORED: usize = 4;

/// First pause before something that was not stored is handed over again.
const RETRY_FIRST: Duration = Duration::from_millis(200);
/// Longest such pause.
const RETRY_LONGEST: Duration = Duration::from_secs(5);
/// What is refused so often, for another reason than a database that is away, will never be stored.
pub(super) const MAX_REFUSALS: u32 = 5;

/// A message that was handed over and is not known to be durable yet.
struct Waiting {
    subscription: u32,
    number: u32,
    done: oneshot::Receiver<Result<(), workflow::Error>>,
}

/// Why a batch is not durable.
enum Unstored {
    /// The ingest takes nothing any more.
    Stopped(workflow::Error),
    /// This batch failed.
    Refused(workflow::Error),
}

fn outcome(done: Result<Result<(), workflow::Error>, oneshot::error::RecvError>) -> Result<(), Unstored> {
    match done {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if matches!(error.code(), Code::LeaseLost | Code::ShuttingDown) => Err(Unstored::Stopped(error)),
        Ok(Err(error)) => Err(Unstored::Refused(error)),
        // The ingest went away with our batch.
        Err(_) => Err(Unstored::Stopped(workflow::Error::Stopped)),
    }
}

/// The way to the ingest.
pub(super) struct Delivery {
    ingest: ingest::Handle,
    waiting: VecDeque<Waiting>,
    acks: Vec<SubscriptionAcknowledgement>,
}

impl Delivery {
    pub(super) fn to(ingest: ingest::Handle) -> Self {
        Self { ingest, waiting: VecDeque::new(), acks: Vec::new() }
    }

    /// Hands over what is in the message `number` of a subscription. Waits while too much is not durable yet, which
    /// holds the next Publish back: the queue grows at the server, where it is bounded and flagged.
    ///
    /// # Errors
    /// [`Fault::NotStored`] when an earlier message could not be stored, [`Fault::Stopped`] when the ingest has ended.
    pub(super) async fn message(&mut self, batch: Batch, subscription: u32, number: u32) -> Result<(), Fault> {
        while self.waiting.len() >= MAX_UNSTORED {
            self.settled().await?;
        }
        let done = self.ingest.submit(batch).await.map_err(Fault::Stopped)?;
        self.waiting.push_back(Waiting { subscription, number, done });
        Ok(())
    }

    /// Hands over what no message of the server stands for, and waits until it is durable: nobody could be asked for it
    /// again. While the database is away it is tried again and again.
    ///
    /// # Errors
    /// [`Fault::Stopped`] when the ingest has ended.
    pub(super) async fn notice(&mut self, batch: Batch) -> Result<(), Fault> {
        let mut pause = RETRY_FIRST;
        for attempt in 1.. {
            let done = self.ingest.submit(batch.clone()).await.map_err(Fault::Stopped)?;
            let error = match outcome(done.await) {
                Ok(()) => return Ok(()),
                Err(Unstored::Stopped(error)) => return Err(Fault::Stopped(error)),
                Err(Unstored::Refused(error)) => error,
            };
            if !error.is_transient() && attempt >= MAX_REFUSALS {
                tracing::error!(%error, "what happened to an OPC UA source could not be stored");
                break;
            }
            sleep(pause).await;
            pause = (pause * 2).min(RETRY_LONGEST);
        }
        Ok(())
    }

    /// Waits until the oldest message is durable; for ever when there is none. Safe to give up waiting.
    ///
    /// # Errors
    /// [`Fault::NotStored`] or [`Fault::Stopped`].
    pub(super) async fn settled(&mut self) -> Result<(), Fault> {
        let Some(oldest) = self.waiting.front_mut() else { return std::future::pending().await };
        let stored = outcome((&mut oldest.done).await);
        let Some(oldest) = self.waiting.pop_front() else { return Ok(()) };
        match stored {
            Ok(()) => {
                self.acknowledge(oldest.subscription, oldest.number);
                Ok(())
            }
            Err(Unstored::Stopped(error)) => Err(Fault::Stopped(error)),
            Err(Unstored::Refused(error)) => Err(Fault::NotStored { number: oldest.number, error }),
        }
    }

    /// Tells the server, with the next Publish, that it may forget a message.
    fn acknowledge(&mut self, subscription: u32, number: u32) {
        self.acks.push(SubscriptionAcknowledgement { subscription_id: subscription, sequence_number: number });
    }

    /// What to tell the server.
    pub(super) fn take_acks(&mut self) -> Vec<SubscriptionAcknowledgement> {
        std::mem::take(&mut self.acks)
    }

    /// What it was not told, because the request failed.
    pub(super) fn return_acks(&mut self, acks: Vec<SubscriptionAcknowledgement>) {
        self.acks.extend(acks);
    }

    /// Forgets what is under way: the server will be asked for it again.
    pub(super) fn rewind(&mut self) {
        self.waiting.clear();
    }

    /// Forgets everything of a subscription that is gone.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.acks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store(queue: &mut tokio::sync::mpsc::Receiver<ingest::Queued>, outcome: Result<(), workflow::Error>) {
        let queued = queue.recv().await.expect("a batch");
        queued.done.send(outcome).expect("somebody waits");
    }

    fn numbers(acks: Vec<SubscriptionAcknowledgement>) -> Vec<u32> {
        acks.into_iter().map(|ack| ack.sequence_number).collect()
    }

    #[tokio::test]
    async fn only_what_is_durable_is_acknowledged() {
        let (handle, mut queue) = ingest::Handle::channel(8);
        let mut delivery = Delivery::to(handle);
        for number in 1..=3 {
            delivery.message(Batch::default(), 7, number).await.expect("room");
        }
        assert!(delivery.take_acks().is_empty());
        store(&mut queue, Ok(())).await;
        store(&mut queue, Ok(())).await;
        delivery.settled().await.expect("stored");
        delivery.settled().await.expect("stored");
        assert_eq!(numbers(delivery.take_acks()), [1, 2]);
    }

    #[tokio::test]
    async fn what_could_not_be_stored_is_named() {
        let (handle, mut queue) = ingest::Handle::channel(8);
        let mut delivery = Delivery::to(handle);
        delivery.message(Batch::default(), 7, 41).await.expect("room");
        let missing = workflow::Error::Missing { what: "line", id: uuid::Uuid::nil() };
        store(&mut queue, Err(missing)).await;
        assert!(matches!(delivery.settled().await, Err(Fault::NotStored { number: 41, .. })));
        assert!(delivery.take_acks().is_empty());
    }

    #[tokio::test]
    async fn a_notice_is_handed_over_until_it_is_durable() {
        let (handle, mut queue) = ingest::Handle::channel(8);
        let mut delivery = Delivery::to(handle);
        let refuse_once = async {
            let missing = workflow::Error::Missing { what: "line", id: uuid::Uuid::nil() };
            store(&mut queue, Err(missing)).await;
            store(&mut queue, Ok(())).await;
        };
        let (told, ()) = futures::join!(delivery.notice(Batch::default()), refuse_once);
        told.expect("stored at the second attempt");
    }

    #[tokio::test]
    async fn an_ingest_that_ends_stops_the_delivery() {
        let (handle, queue) = ingest::Handle::channel(8);
        let mut delivery = Delivery::to(handle);
        delivery.message(Batch::default(), 7, 1).await.expect("room");
        drop(queue);
        assert!(matches!(delivery.settled().await, Err(Fault::Stopped(_))));
        assert!(matches!(delivery.message(Batch::default(), 7, 2).await, Err(Fault::Stopped(_))));
    }

    #[tokio::test]
    async fn too_much_that_is_not_durable_holds_the_source_back() {
        let (handle, mut queue) = ingest::Handle::channel(64);
        let mut delivery = Delivery::to(handle);
        for number in 1..=MAX_UNSTORED as u32 {
            delivery.message(Batch::default(), 7, number).await.expect("room");
        }
        let mut next = Box::pin(delivery.message(Batch::default(), 7, 99));
        assert!(futures::poll!(&mut next).is_pending());
        store(&mut queue, Ok(())).await;
        next.await.expect("room again");
    }
}

//! The queue between one operation and the socket: bounded in events and in bytes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use async_graphql::ServerError;
use futures::FutureExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    time::timeout,
};

use super::{
    super::{Refusal, SocketLimits, run::panicked},
    operations::Ticket,
};

/// One event, as it travels.
#[derive(Debug)]
pub(super) struct Event {
    /// The message.
    pub text: String,
    /// Where to resume after this event.
    pub cursor: Option<String>,
}

/// How an operation ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// It has given all it had.
    Complete,
    /// It was refused, took too long or panicked.
    Refused(Refusal),
    /// Its stream of events could not be made; sealed errors.
    Failed(Vec<ServerError>),
    /// Its queue stayed full.
    Overflow,
    /// The client stopped it.
    Stopped,
}

/// The operation's end of the queue.
pub(super) struct Inlet {
    events: mpsc::Sender<Queued>,
    room: Arc<Semaphore>,
    overflowed: Arc<AtomicBool>,
    bytes_max: usize,
    patience: Duration,
}

/// The socket's end of the queue.
pub(super) struct Outlet {
    /// Whose queue it is.
    pub ticket: Ticket,
    /// The cursor of the last event that the peer took.
    pub delivered: Option<String>,
    events: mpsc::Receiver<Queued>,
    ending: oneshot::Receiver<Ending>,
    overflowed: Arc<AtomicBool>,
}

/// An event with its share of the queue's bytes, given back when it has left.
#[derive(Debug)]
pub(super) struct Queued {
    /// The event.
    pub event: Event,
    /// Dropped when the event has left.
    pub room: OwnedSemaphorePermit,
}

/// What comes out of a queue.
pub(super) enum Output {
    /// An event.
    Event(Queued),
    /// The end; nothing comes after it.
    Ended(Ending),
}

/// The queue stayed full for too long, or nobody takes from it any more.
#[derive(Debug)]
pub(super) struct Full;

/// A queue, and where its operation says how it ended.
pub(super) fn queue(ticket: Ticket, limits: &SocketLimits) -> (Inlet, Outlet, oneshot::Sender<Ending>) {
    let (events_in, events_out) = mpsc::channel(limits.queue_events_max.max(1));
    let (ended, ending) = oneshot::channel();
    let overflowed = Arc::new(AtomicBool::new(false));
    let bytes_max = limits.queue_bytes_max.clamp(1, Semaphore::MAX_PERMITS);
    let inlet = Inlet {
        events: events_in,
        room: Arc::new(Semaphore::new(bytes_max)),
        overflowed: overflowed.clone(),
        bytes_max,
        patience: limits.queue_patience,
    };
    (inlet, Outlet { ticket, delivered: None, events: events_out, ending, overflowed }, ended)
}

impl Inlet {
    /// Puts an event, waiting for room. A subscriber that catches up fills the queue faster than it drains, so a full queue
    /// is back-pressure first and a fault only when it stays full.
    ///
    /// # Errors
    /// When there was no room in time. Then what waits is dropped: the cursor of the last delivered event stands for it.
    pub(super) async fn push(&self, event: Event) -> Result<(), Full> {
        // An event larger than the whole queue waits until it has the queue to itself.
        let share = u32::try_from(event.text.len().clamp(1, self.bytes_max)).unwrap_or(u32::MAX);
        let put = async {
            let room = self.room.clone().acquire_many_owned(share).await.map_err(|_| Full)?;
            self.events.send(Queued { event, room }).await.map_err(|_| Full)
        };
        let put = timeout(self.patience, put).await.unwrap_or(Err(Full));
        if put.is_err() {
            self.overflowed.store(true, Ordering::Release);
        }
        put
    }
}

impl Outlet {
    /// The next event, or how the operation ended.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Output> {
        while let Some(queued) = ready!(self.events.poll_recv(context)) {
            let is_dropped = self.overflowed.load(Ordering::Acquire) || self.ticket.stop.is_cancelled();
            if !is_dropped {
                return Poll::Ready(Output::Event(queued));
            }
        }
        let ending = ready!(self.ending.poll_unpin(context));
        Poll::Ready(Output::Ended(ending.unwrap_or_else(|_| Ending::Refused(panicked()))))
    }
}

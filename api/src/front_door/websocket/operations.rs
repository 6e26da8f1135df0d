//! The operations of one socket, by the ids that the client chose.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use apollo_compiler::ast::OperationType;
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// The operations that run on one socket.
#[derive(Debug)]
pub(super) struct Operations {
    running: Mutex<Running>,
    /// Queries and mutations whose last message has not left.
    unanswered: TaskTracker,
    operations_max: usize,
}

#[derive(Debug, Default)]
struct Running {
    by_id: HashMap<String, Entry>,
    last_ticket: u64,
}

#[derive(Debug)]
struct Entry {
    ticket: u64,
    stop: CancellationToken,
}

/// The right to run under an id. The number tells an operation from a later one with the same id.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    /// The id that the client chose.
    pub id: String,
    number: u64,
    /// Cancelled when the client has no more interest.
    pub stop: CancellationToken,
    /// Held until the last message of a query or mutation has left.
    _unanswered: Option<TaskTrackerToken>,
}

/// Why an operation can not run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoTicket {
    /// The id is in use.
    Taken,
    /// There are too many operations.
    Full,
}

impl Operations {
    /// Room for so many operations.
    pub(super) fn new(operations_max: usize) -> Self {
        Self { running: Mutex::default(), unanswered: TaskTracker::new(), operations_max }
    }

    /// Whether an operation with this id could run now.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn check(&self, id: &str) -> Result<(), NoTicket> {
        let running = self.lock();
        if running.by_id.contains_key(id) {
            Err(NoTicket::Taken)
        } else if running.by_id.len() >= self.operations_max {
            Err(NoTicket::Full)
        } else {
            Ok(())
        }
    }

    /// Starts an operation under an id that [`Self::check`] has found free.
    pub(super) fn open(&self, id: String, kind: OperationType) -> Ticket {
        let mut running = self.lock();
        running.last_ticket += 1;
        let (number, stop) = (running.last_ticket, CancellationToken::new());
        running.by_id.insert(id.clone(), Entry { ticket: number, stop: stop.clone() });
        let unanswered = (kind != OperationType::Subscription).then(|| self.unanswered.token());
        Ticket { id, number, stop, _unanswered: unanswered }
    }

    /// The client has no more interest: the operation stops at once and its id is free.
    pub(super) fn complete(&self, id: &str) {
        // Unknown ids are usual: the operation has ended meanwhile.
        if let Some(entry) = self.lock().by_id.remove(id) {
            entry.stop.cancel();
        }
    }

    /// The operation has ended by itself: its id is free. Says whether the client still wants to know.
    pub(super) fn finish(&self, ticket: &Ticket) -> bool {
        let mut running = self.lock();
        let is_wanted = running.by_id.get(&ticket.id).is_some_and(|entry| entry.ticket == ticket.number);
        if is_wanted {
            running.by_id.remove(&ticket.id);
        }
        is_wanted
    }

    /// Stops everything: the socket is gone.
    pub(super) fn stop_all(&self) {
        for (_, entry) in self.lock().by_id.drain() {
            entry.stop.cancel();
        }
    }

    /// Resolves when all queries and mutations are answered. Subscriptions never end by themselves.
    pub(super) async fn answered(&self) {
        self.unanswered.close();
        self.unanswered.wait().await;
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

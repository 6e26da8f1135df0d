//! The connector's end of an ingest.

use tokio::sync::{mpsc, oneshot};

use crate::{error::Error, ingest::Batch};

/// A batch in the queue, with whom to tell when it is durable.
#[derive(Debug)]
pub struct Queued {
    /// The batch.
    pub batch: Batch,
    /// Resolves when the batch is durable, or has failed.
    pub done: oneshot::Sender<Result<(), Error>>,
}

/// Hands batches to the ingest of one source. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle(mpsc::Sender<Queued>);

impl Handle {
    /// A queue of `capacity` batches.
    pub fn channel(capacity: usize) -> (Self, mpsc::Receiver<Queued>) {
        let (sender, receiver) = mpsc::channel(capacity);
        (Self(sender), receiver)
    }

    /// Waits for room in the queue: back-pressure reaches the source. The receiver resolves when the batch is durable;
    /// only then may it be acknowledged to the source.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the ingest has ended.
    pub async fn submit(&self, batch: Batch) -> Result<oneshot::Receiver<Result<(), Error>>, Error> {
        let (done, receiver) = oneshot::channel();
        self.0.send(Queued { batch, done }).await.map_err(|_| Error::Stopped)?;
        Ok(receiver)
    }
}

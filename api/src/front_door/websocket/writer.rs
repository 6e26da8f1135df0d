//! The writing half: messages of the protocol first, then one event of each operation in turn.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

use axum::extract::ws::Message;
use futures::{Sink, SinkExt};
use model::Code;
use tokio::{sync::mpsc, time::timeout};

use super::{
    super::Refusal,
    close::Close,
    operations::Operations,
    protocol::{Errors, ServerMessage, error},
    queue::{Ending, Outlet, Output, Queued},
};

/// What the reading half asks the writing half to do.
pub(super) enum Command {
    /// Send this message.
    Send(Message),
    /// Send what comes out of this queue.
    Forward(Outlet),
}

/// The writing half.
pub(super) struct Writer<'a, S> {
    /// Where messages go.
    pub sink: &'a mut S,
    /// What the reading half wants.
    pub commands: mpsc::Receiver<Command>,
    /// What runs.
    pub operations: &'a Operations,
    /// How long one message may take.
    pub write_timeout: Duration,
}

impl<S: Sink<Message> + Unpin> Writer<'_, S> {
    /// Writes until the peer is gone or does not read; says how to close.
    pub(super) async fn run(mut self) -> Close {
        match self.write().await {
            Ok(never) => match never {},
            Err(close) => close,
        }
    }

    async fn write(&mut self) -> Result<Infallible, Close> {
        let mut outlets = Outlets::default();
        loop {
            tokio::select! {
                // Messages of the protocol are few, and answer what the client waits for.
                biased;
                command = self.commands.recv() => match command {
                    Some(Command::Forward(outlet)) => outlets.0.push_back(outlet),
                    Some(Command::Send(message)) => self.send(message).await?,
                    None => return Err(Close::Gone),
                },
                (mut outlet, output) = poll_fn(|context| outlets.poll(context)) => match output {
                    Output::Event(Queued { event, room }) => {
                        self.send(Message::Text(event.text.into())).await?;
                        drop(room);
                        outlet.delivered = event.cursor.or(outlet.delivered);
                        // To the back: the others come first.
                        outlets.0.push_back(outlet);
                    }
                    Output::Ended(ending) => {
                        if let Some(text) = self.farewell(&outlet, ending) {
                            self.send(Message::Text(text.into())).await?;
                        }
                        // Only now: its ticket says that an answer is still to leave.
                        drop(outlet);
                    }
                },
            }
        }
    }

    /// The last message of an operation, unless the client has stopped it.
    fn farewell(&self, outlet: &Outlet, ending: Ending) -> Option<String> {
        // Before the message leaves: the client may use the id again as soon as it has read it.
        if !self.operations.finish(&outlet.ticket) {
            return None;
        }
        let id = &outlet.ticket.id;
        match ending {
            Ending::Stopped => None,
            Ending::Complete => Some(ServerMessage::Complete { id }.to_text()),
            Ending::Refused(refusal) => Some(error(id, &[refusal])),
            Ending::Failed(errors) => Some(ServerMessage::Error { id, payload: Errors::Failed(&errors) }.to_text()),
            Ending::Overflow => {
                let message = "events were not taken fast enough; subscribe again from the cursor";
                let refusal = Refusal::new(Code::SlowConsumer, message).resume_from(outlet.delivered.clone());
                Some(error(id, &[refusal]))
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), Close> {
        match timeout(self.write_timeout, self.sink.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Close::Gone),
            Err(_) => Err(Close::TryAgainLater),
        }
    }
}

/// The queues of all operations, the one that waited longest in front.
#[derive(Default)]
struct Outlets(VecDeque<Outlet>);

impl Outlets {
    /// Takes the first queue that has something out of the line.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<(Outlet, Output)> {
        for index in 0..self.0.len() {
            if let Poll::Ready(output) = self.0[index].poll(context) {
                let outlet = self.0.remove(index).expect("the index is within the line");
                return Poll::Ready((outlet, output));
            }
        }
        Poll::Pending
    }
}

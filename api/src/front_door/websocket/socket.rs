//! The life of one socket.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures::{SinkExt, StreamExt};
use tokio::{sync::mpsc, time::timeout};

use super::{super::FrontDoor, close::Close, operations::Operations, reader::Reader, writer::Writer};

/// Answers that wait for the writing half. A client that sends faster than it reads is made to wait.
const COMMANDS_MAX: usize = 16;

/// How long the peer may take to see the close frame and answer it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves one socket until it closes.
pub(super) async fn serve(door: &FrontDoor, socket: WebSocket, speaks: bool) {
    let (mut sink, mut messages) = socket.split();
    let close = if speaks {
        let limits = &door.options().socket;
        let operations = Operations::new(limits.operations_max);
        let (sender, commands) = mpsc::channel(COMMANDS_MAX);
        let reader = Reader::new(door, &operations, sender);
        let write_timeout = limits.write_timeout;
        let writer = Writer { sink: &mut sink, commands, operations: &operations, write_timeout };
        let close = tokio::select! {
            close = reader.run(&mut messages) => close,
            close = writer.run() => close,
        };
        operations.stop_all();
        close
    } else {
        Close::WrongSubprotocol
    };
    tracing::debug!(?close, "socket closes");
    let Some(frame) = close.frame() else { return };
    let goodbye = async {
        if sink.send(Message::Close(Some(frame))).await.is_ok() {
            // Until the peer has answered: closing earlier could destroy the frame on its way.
            while let Some(Ok(_)) = messages.next().await {}
        }
    };
    // A peer that does not even take this is left.
    let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
}

//! The graph over WebSocket: our own loop for the subprotocol `graphql-transport-ws`.
//!
//! A socket is two halves in one task. The [`reader`] obeys the client and the clocks, the [`writer`] has the deadline for
//! each message; every operation is a task of its own that fills a bounded [`queue`]. Whichever half ends first says how
//! the socket is closed.

mod close;
mod operations;
mod protocol;
mod pump;
mod queue;
mod reader;
mod socket;
mod writer;

use axum::{
    extract::{FromRequestParts, WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, StatusCode, header, request},
    response::{IntoResponse, Response},
};
use model::Code;

use super::{FrontDoor, Refusal, http::refuse, media::Media, server::ConnectionSlot};

/// The read buffer of a socket. The default of 128 KiB, allocated at once, is what ten thousand idle subscribers die of.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Frames beyond the limit on messages are read up to this factor, so that the socket can say why it closes.
const FRAME_FACTOR: usize = 2;

/// Answers a request to open a socket.
pub(super) async fn upgrade(door: FrontDoor, mut parts: request::Parts) -> Response {
    if !is_origin_allowed(&parts.headers, &door.options().origins) {
        let message = "pages of this origin may not call; list it under server.allowed_origins";
        return refuse(Media::Json, StatusCode::FORBIDDEN, &[Refusal::new(Code::OriginForbidden, message)]);
    }
    let slot = parts.extensions.get::<ConnectionSlot>().cloned();
    let mut upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.protocols([protocol::SUBPROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    let speaks = upgrade.selected_protocol().is_some();
    if !speaks {
        // Repeated to the client although it is not spoken: otherwise a browser drops the connection itself and its
        // developer never sees the close code that says what is wrong.
        let offered: Option<HeaderValue> = upgrade.requested_protocols().next().cloned();
        if let Some(offered) = offered {
            upgrade.set_selected_protocol(offered);
        }
    }
    let message_bytes_max = door.options().socket.message_bytes_max;
    // Taken before the upgrade, so that a shutdown between here and there waits for the socket.
    let running = door.parts.tracker.token();
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(message_bytes_max.saturating_mul(FRAME_FACTOR))
        .max_frame_size(message_bytes_max.saturating_mul(FRAME_FACTOR))
        .on_upgrade(move |connection| async move {
            let (_running, _slot) = (running, slot);
            metrics::gauge!("plantgraph_sockets").increment(1.0);
            socket::serve(&door, connection, speaks).await;
            metrics::gauge!("plantgraph_sockets").decrement(1.0);
        })
}

/// Whether the page that opens the socket may: listed, or of the host that it calls. Programs send no origin, and have
/// to bring a token like everybody else.
fn is_origin_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_own = origin.split_once("://").is_some_and(|(_, authority)| host == Some(authority));
    is_own || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
}

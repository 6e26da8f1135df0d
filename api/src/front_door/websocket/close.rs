//! Why a socket closes.

use axum::extract::ws::{CloseFrame, Utf8Bytes};

/// A control frame has room for this many bytes of reason.
const REASON_BYTES_MAX: usize = 123;

/// Why a socket closes. The codes from 4400 are those of `graphql-transport-ws`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The peer has closed or vanished: nothing to say.
    Gone,
    /// The service stops; come back elsewhere or later.
    GoingAway,
    /// Nothing was heard for too long.
    Silent,
    /// The peer broke the WebSocket protocol itself.
    ProtocolError,
    /// A message is larger than allowed.
    MessageTooLarge,
    /// The peer does not read, or the service is short of something.
    TryAgainLater,
    /// A message is not one of the protocol.
    Malformed(String),
    /// An operation before the acknowledgement.
    NotAcknowledged,
    /// The token is missing, refused or has ended.
    Forbidden(String),
    /// Another subprotocol.
    WrongSubprotocol,
    /// No `connection_init` in time.
    InitTimeout,
    /// The id is in use.
    DuplicateId(String),
    /// A second `connection_init`.
    SecondInit,
}

impl Close {
    /// The frame to send, unless nobody is there to read it.
    pub(super) fn frame(&self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::GoingAway => (1001, "the service is stopping".to_owned()),
            Self::Silent => (1001, "nothing was heard for too long".to_owned()),
            Self::ProtocolError => (1002, "protocol error".to_owned()),
            Self::MessageTooLarge => (1009, "message too large".to_owned()),
            Self::TryAgainLater => (1013, "try again later".to_owned()),
            Self::Malformed(what) => (4400, what.clone()),
            Self::NotAcknowledged => (4401, "Unauthorized".to_owned()),
            Self::Forbidden(why) => (4403, why.clone()),
            Self::WrongSubprotocol => (4406, "Subprotocol not acceptable".to_owned()),
            Self::InitTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::DuplicateId(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::SecondInit => (4429, "Too many initialisation requests".to_owned()),
        };
        let end = reason.floor_char_boundary(REASON_BYTES_MAX);
        Some(CloseFrame { code, reason: Utf8Bytes::from(&reason[..end]) })
    }
}

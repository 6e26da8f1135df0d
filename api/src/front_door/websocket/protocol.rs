//! The messages of `graphql-transport-ws`.

use async_graphql::{Response, ServerError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    super::{
        Refusal,
        answer::{Problem, problems},
        params::Params,
    },
    close::Close,
};

/// The subprotocol.
pub(super) const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Ids are UUIDs or small numbers; each is repeated in every event.
const ID_BYTES_MAX: usize = 128;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    /// Who I am.
    ConnectionInit {
        /// Holds the token.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// Are you there?
    Ping {
        /// To be repeated.
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    /// I am here.
    Pong {},
    /// Run this.
    Subscribe {
        /// Chosen by the client, free again when the operation has ended.
        id: String,
        /// What to run.
        payload: Params,
    },
    /// Stop that.
    Complete {
        /// The operation.
        id: String,
    },
}

impl ClientMessage {
    /// Reads a message.
    ///
    /// # Errors
    /// What is not a message of the protocol ends the socket.
    pub(super) fn parse(text: &str) -> Result<Self, Close> {
        let message: Self =
            serde_json::from_str(text).map_err(|error| Close::Malformed(format!("Invalid message: {error}")))?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() || id.len() > ID_BYTES_MAX => {
                Err(Close::Malformed(format!("An id has 1 to {ID_BYTES_MAX} bytes")))
            }
            _ => Ok(message),
        }
    }
}

/// What the service says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage<'a> {
    /// Welcome.
    ConnectionAck,
    /// I am here.
    Pong {
        /// As in the ping.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a Map<String, Value>>,
    },
    /// A result.
    Next {
        /// Of this operation.
        id: &'a str,
        /// The result.
        payload: &'a Response,
    },
    /// The operation ended without, or without a further, result.
    Error {
        /// The operation.
        id: &'a str,
        /// Why.
        payload: Errors<'a>,
    },
    /// The operation ended.
    Complete {
        /// The operation.
        id: &'a str,
    },
}

/// The errors of an operation that ended.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Errors<'a> {
    /// Ours.
    Refused(Vec<Problem<'a>>),
    /// Those of a resolver, fit to leave.
    Failed(&'a [ServerError]),
}

impl ServerMessage<'_> {
    /// The message as it travels.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("no map of a message has keys other than texts")
    }
}

/// The message that an operation ended with these refusals.
pub(super) fn error(id: &str, refusals: &[Refusal]) -> String {
    ServerMessage::Error { id, payload: Errors::Refused(problems(refusals)) }.to_text()
}

//! The way to a system, as the actions need it: a request made of JSON goes out, an answer made of JSON comes back.

use std::{future::Future, time::Duration};

use serde_json::{Map, Value, json};

use super::{engine::summary, verdict::Verdict};

/// What a request may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// It only reads: the transport may repeat it as it likes.
    Read,
    /// It acts: the transport sends it once, and again only when the first sending surely had no effect.
    Act,
}

/// An answer, as the expressions of a manifest see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Status of HTTP; 200 where the protocol has none.
    pub status: u16,
    /// Headers, by their names in small letters.
    pub headers: Map<String, Value>,
    /// The body as JSON; text where it is none.
    pub body: Value,
}

impl Answer {
    /// The `http` of an expression.
    pub fn http(&self) -> Value {
        json!({ "status": self.status, "headers": self.headers })
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request can not be made: a template made something that is no request.
    Unusable(String),
    /// It was not sent: no connection.
    NotSent(String),
    /// The system asks to be left alone; it did nothing.
    Busy {
        /// What it says.
        problem: String,
        /// How long.
        retry_after: Option<Duration>,
    },
    /// We are not let in, even after logging in again.
    Auth(String),
    /// It was sent, and no answer came: nobody knows.
    Lost(String),
}

/// A way to one system.
pub trait Transport: Send {
    /// Sends a request, rendered from the manifest, and reads the answer whatever its status.
    ///
    /// # Errors
    /// When there is no answer that could be classified.
    fn send(&mut self, request: &Value, intent: Intent) -> impl Future<Output = Result<Answer, Failure>> + Send;

    /// What an answer means where no rule of the manifest says so.
    fn judge(&self, answer: &Answer) -> Verdict {
        by_status(answer)
    }
}

/// What the status alone says. A success is only the beginning: the effect is read back anyway.
pub(crate) fn by_status(answer: &Answer) -> Verdict {
    let text = summary(answer);
    match answer.status {
        200..=299 => Verdict::Success,
        401 | 403 | 407 => Verdict::Auth(text),
        409 | 412 | 423 => Verdict::Conflict(text),
        408 | 425 | 429 => Verdict::NotDone { problem: text, again_after: None },
        400..=499 => Verdict::Refused(text),
        500..=599 => Verdict::Transient(text),
        _ => Verdict::Unknown(text),
    }
}

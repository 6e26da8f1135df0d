//! A refusal: what the front door says instead of doing something.

use model::Code;
use serde::Serialize;

/// No message repeats more than this of what the client sent.
const MESSAGE_CHARS_MAX: usize = 400;

/// A refusal with a stable code. The text is for people and safe to send.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct Refusal {
    /// What a client may branch on.
    pub code: Code,
    /// One sentence: what is wrong and what is accepted.
    pub message: String,
    /// Where in the query text, if anywhere.
    pub locations: Vec<Location>,
    /// The cursor to resume from, where a stream ended.
    pub cursor: Option<String>,
}

/// A place in a query text, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Refusal {
    /// A refusal without a place. An overlong message is cut.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((cut, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
            message.truncate(cut);
            message.push('…');
        }
        Self { code, message, locations: Vec::new(), cursor: None }
    }

    /// Names the place in the query text.
    #[must_use]
    pub fn at(mut self, locations: impl IntoIterator<Item = Location>) -> Self {
        self.locations = locations.into_iter().collect();
        self
    }

    /// Names the cursor to resume from.
    #[must_use]
    pub fn resume_from(mut self, cursor: Option<String>) -> Self {
        self.cursor = cursor;
        self
    }
}

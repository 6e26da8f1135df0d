//! What an answer means. A status of HTTP is not enough: business systems report refusals, wizards and races inside 200.

use serde::Deserialize;

use super::transport::Failure;

/// What became of a request that acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The system did it.
    Success,
    /// The system asks for something else first, such as a wizard; nothing was done. Its text.
    ActionRequired(String),
    /// The system says no; nothing was done. Its text.
    Refused(String),
    /// The record changed since it was read; nothing was done. Its text.
    Conflict(String),
    /// We are not let in; nothing was done.
    Auth(String),
    /// It surely had no effect, and may be sent again.
    NotDone {
        /// What happened.
        problem: String,
        /// How long the system asks to be left alone.
        again_after: Option<std::time::Duration>,
    },
    /// A failure that may pass; it may have had its effect.
    Transient(String),
    /// An answer that no rule knows; it may have had its effect.
    Unknown(String),
}

/// The word of a rule of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Meaning {
    /// [`Verdict::Success`]
    Success,
    /// [`Verdict::ActionRequired`]
    ActionRequired,
    /// [`Verdict::Refused`]
    Refused,
    /// [`Verdict::Conflict`]
    Conflict,
    /// [`Verdict::Auth`]
    Auth,
    /// [`Verdict::NotDone`]: the manifest knows that this answer comes before anything is done.
    NotDone,
    /// [`Verdict::Transient`]
    Transient,
    /// [`Verdict::Unknown`]
    Unknown,
}

impl Meaning {
    /// The verdict with the system's own text.
    pub(super) fn with(self, text: String) -> Verdict {
        match self {
            Self::Success => Verdict::Success,
            Self::ActionRequired => Verdict::ActionRequired(text),
            Self::Refused => Verdict::Refused(text),
            Self::Conflict => Verdict::Conflict(text),
            Self::Auth => Verdict::Auth(text),
            Self::NotDone => Verdict::NotDone { problem: text, again_after: None },
            Self::Transient => Verdict::Transient(text),
            Self::Unknown => Verdict::Unknown(text),
        }
    }
}

impl Verdict {
    /// What a request without an answer means.
    pub(super) fn of(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(problem) => Self::NotDone { problem, again_after: None },
            Failure::Busy { problem, retry_after } => Self::NotDone { problem, again_after: retry_after },
            Failure::Auth(problem) => Self::Auth(problem),
            Failure::Lost(problem) => Self::Transient(problem),
            // It was never sent: what the template makes can not be a request.
            Failure::Unusable(problem) => Self::Refused(problem),
        }
    }

    /// The same, in the words of the system.
    pub(crate) fn saying(mut self, words: String) -> Self {
        match &mut self {
            Self::Success => {}
            Self::ActionRequired(text)
            | Self::Refused(text)
            | Self::Conflict(text)
            | Self::Auth(text)
            | Self::Transient(text)
            | Self::Unknown(text)
            | Self::NotDone { problem: text, .. } => *text = words,
        }
        self
    }

    /// The text, if it has one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Success => None,
            Self::ActionRequired(text)
            | Self::Refused(text)
            | Self::Conflict(text)
            | Self::Auth(text)
            | Self::Transient(text)
            | Self::Unknown(text)
            | Self::NotDone { problem: text, .. } => Some(text),
        }
    }

    /// Whether the system itself is in trouble, which counts for the circuit breaker.
    pub fn is_trouble(&self) -> bool {
        matches!(self, Self::Auth(_) | Self::NotDone { .. } | Self::Transient(_))
    }
}

//! Where we were in a subscription, stored with the values, so that a restarted process can take the subscription over.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The form of the text; another form is not understood.
const VERSION: u8 = 1;

/// The place reached when a batch was committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    v: u8,
    /// The server's id of the subscription.
    pub(super) subscription: u32,
    /// The number of the message that comes next.
    pub(super) next: u32,
    /// When the server was started: after a restart, its ids mean other subscriptions.
    pub(super) started: Option<DateTime<Utc>>,
    /// Which nodes the items stand for: an edited plant file gives the same numbers other meanings.
    pub(super) layout: String,
    /// Items that the subscription does not have, because their nodes could not be found.
    pub(super) dead: Vec<usize>,
    /// The longest silence that is normal, in milliseconds.
    pub(super) keep_alive_ms: u64,
    /// How long an outage may last without loss, in milliseconds.
    pub(super) loss_free_ms: u64,
    /// The newest time at which a value was true: a gap begins there.
    pub(super) newest: Option<DateTime<Utc>>,
}

impl Cursor {
    /// A cursor of the present form.
    pub(super) fn new(subscription: u32, next: u32, layout: String) -> Self {
        Self {
            v: VERSION,
            subscription,
            next,
            started: None,
            layout,
            dead: Vec::new(),
            keep_alive_ms: 0,
            loss_free_ms: 0,
            newest: None,
        }
    }

    /// The text to store.
    pub(super) fn encode(&self) -> String {
        serde_json::to_string(self).expect("plain fields always encode")
    }

    /// Reads a stored text. `None` when it is of another form: what it pointed to can then not be taken over.
    pub(super) fn decode(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|cursor: &Self| cursor.v == VERSION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_being_stored() {
        let cursor = Cursor { dead: vec![3, 7], keep_alive_ms: 1_000, ..Cursor::new(42, u32::MAX, "abc".to_owned()) };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
    }

    #[test]
    fn another_form_is_not_understood() {
        let other = Cursor::new(42, 1, String::new()).encode().replace("\"v\":1", "\"v\":2");
        for text in ["", "42", "{}", "null", other.as_str()] {
            assert_eq!(Cursor::decode(text), None, "{text:?}");
        }
    }
}

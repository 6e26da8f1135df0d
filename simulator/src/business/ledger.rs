//! What clients did to a system.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Effects that are kept; far more than a test or a demo makes.
const EFFECTS_MAX: usize = 100_000;

/// One change that a client made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Position in the ledger, from 1.
    pub seq: u64,
    /// When it took effect, by the clock of the system.
    pub at: DateTime<Utc>,
    /// What the client called it; empty when it did not say.
    pub key: String,
    /// Name of the action.
    pub action: String,
    /// Number of the lot, order or task.
    pub target: String,
    /// The value before.
    pub before: String,
    /// The value after.
    pub after: String,
}

/// All effects, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    effects: VecDeque<Effect>,
    last: u64,
}

impl Ledger {
    /// Writes down what happened; `change` is the value before and after.
    pub(crate) fn record(&mut self, at: DateTime<Utc>, key: &str, action: &str, target: &str, change: (&str, &str)) {
        self.last += 1;
        self.effects.push_back(Effect {
            seq: self.last,
            at,
            key: key.to_owned(),
            action: action.to_owned(),
            target: target.to_owned(),
            before: change.0.to_owned(),
            after: change.1.to_owned(),
        });
        if self.effects.len() > EFFECTS_MAX {
            self.effects.pop_front();
        }
    }

    pub(crate) fn effects(&self) -> Vec<Effect> {
        self.effects.iter().cloned().collect()
    }
}

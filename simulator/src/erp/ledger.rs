//! What the ERP was asked to do and did, once for every key.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{record::Record, refusal::Refusal};

/// Effects that are kept. With them goes the memory of their keys; far more than a demo makes.
const EFFECTS_MAX: usize = 10_000;
/// Longest key in bytes.
const KEY_BYTES_MAX: usize = 128;

/// What can be done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// Give an order to another line.
    ResequenceOrder,
    /// Forbid the use of a lot.
    BlockLot,
    /// Allow the use of a lot again.
    UnblockLot,
}

/// The effect of one request.
#[derive(Clone, Debug, Serialize)]
pub struct Effect {
    /// Position in the ledger, from 1.
    pub id: i64,
    /// When it took effect.
    pub at: DateTime<Utc>,
    /// The key the request came with.
    pub key: String,
    /// What was asked for.
    pub action: Action,
    /// Id of the order or the lot.
    pub record_id: i64,
    /// Line or stock type before.
    pub before: String,
    /// Line or stock type after.
    pub after: String,
    /// False when there was nothing to change.
    pub changed: bool,
}

impl Record for Effect {
    fn changed_at(&self) -> DateTime<Utc> {
        self.at
    }
}

/// A request to act, as its key identifies it.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) key: &'a str,
    pub(super) action: Action,
    pub(super) record_id: i64,
    /// The argument of the action, if it has one.
    pub(super) wanted: Option<&'a str>,
}

/// All effects, by position and by key.
#[derive(Default)]
pub(super) struct Ledger {
    effects: BTreeMap<i64, Effect>,
    ids: HashMap<String, i64>,
    last_id: i64,
}

impl Ledger {
    /// The effects by position.
    pub(super) fn effects(&self) -> &BTreeMap<i64, Effect> {
        &self.effects
    }

    /// The effect this very request has already had.
    ///
    /// # Errors
    /// When the key is unusable, or was used for something else.
    pub(super) fn replay(&self, request: &Request<'_>) -> Result<Option<Effect>, Refusal> {
        if request.key.is_empty() || request.key.len() > KEY_BYTES_MAX {
            return Err(Refusal::BadRequest(format!("`key` must have 1 to {KEY_BYTES_MAX} bytes")));
        }
        let Some(effect) = self.ids.get(request.key).and_then(|id| self.effects.get(id)) else {
            return Ok(None);
        };
        let same = effect.action == request.action
            && effect.record_id == request.record_id
            && request.wanted.is_none_or(|wanted| wanted == effect.after);
        if same { Ok(Some(effect.clone())) } else { Err(Refusal::KeyReused(request.key.to_owned())) }
    }

    /// Writes down what a request did.
    pub(super) fn record(&mut self, request: &Request<'_>, before: &str, after: &str, now: DateTime<Utc>) -> Effect {
        self.last_id += 1;
        let effect = Effect {
            id: self.last_id,
            at: now,
            key: request.key.to_owned(),
            action: request.action,
            record_id: request.record_id,
            before: before.to_owned(),
            after: after.to_owned(),
            changed: before != after,
        };
        self.ids.insert(effect.key.clone(), effect.id);
        self.effects.insert(effect.id, effect.clone());
        if self.effects.len() > EFFECTS_MAX
            && let Some((_, oldest)) = self.effects.pop_first()
        {
            self.ids.remove(&oldest.key);
        }
        effect
    }
}

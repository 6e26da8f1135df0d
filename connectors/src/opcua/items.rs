//! Which items deliver and which do not. An item that does not is retried for ever, and never looks alive.

use std::time::Duration;

use opcua::types::{NodeId, StatusCode};
use tokio::time::Instant;

use super::{health::DeadItem, item::Item, resolve::Unresolved};

/// Pause between two attempts to bring dead items to life: a PLC that boots is noticed soon, and a node that does not
/// exist costs a request or two.
const RETRY: Duration = Duration::from_secs(5);
/// How often all paths are walked again. A server may drop or replace a node without a word to those who monitor it; the
/// promise is that a silent item is known within 30 seconds.
const VERIFY: Duration = Duration::from_secs(20);
/// A server sends a first value at once, even a bad one. Without it by then the item counts as dead.
const FIRST_VALUE: Duration = Duration::from_secs(10);

/// What is known of one item.
#[derive(Clone, Debug)]
enum State {
    /// Not at the server.
    Dead { reason: String },
    /// At the server, and nothing came yet.
    Waiting { since: Instant },
    /// It delivers.
    Live,
}

#[derive(Clone, Debug)]
struct Entry {
    state: State,
    /// Its node, once known.
    node: Option<NodeId>,
    /// The server's id of it, when we made it.
    id: Option<u32>,
    /// How long its queue lasts at its rate; `None` when unknown.
    loss_free: Option<Duration>,
}

impl Entry {
    fn dead(reason: String) -> Self {
        Self { state: State::Dead { reason }, node: None, id: None, loss_free: None }
    }
}

/// The items of one source, by their place in its list.
#[derive(Debug)]
pub(super) struct Items {
    entries: Vec<Entry>,
    retry_at: Instant,
    verify_at: Instant,
}

impl Items {
    /// Items that nobody asked the server for yet.
    pub(super) fn new(count: usize) -> Self {
        let now = Instant::now();
        let entry = Entry::dead("not connected yet".to_owned());
        Self { entries: vec![entry; count], retry_at: now, verify_at: now + VERIFY }
    }

    /// The items of a subscription that an earlier process left behind: alive, but for those it knew to be dead.
    pub(super) fn left_behind(count: usize, dead: &[usize], loss_free: Duration) -> Self {
        let mut items = Self::new(count);
        for (index, entry) in items.entries.iter_mut().enumerate() {
            if !dead.contains(&index) {
                *entry = Entry { state: State::Live, node: None, id: None, loss_free: Some(loss_free) };
            }
        }
        items
    }

    /// All are gone with their subscription.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.entries.len());
    }

    /// The server made the item of this node, with a queue of `queue` values.
    pub(super) fn created(&mut self, index: usize, item: &Item, node: NodeId, id: u32, queue: u32) {
        let loss_free = Duration::try_from_secs_f64(f64::from(queue) / item.rate).ok();
        let state = State::Waiting { since: Instant::now() };
        self.entries[index] = Entry { state, node: Some(node), id: Some(id), loss_free };
    }

    /// The path of the item leads to this node. Returns whether that is the node of the item.
    pub(super) fn leads_to(&mut self, index: usize, node: NodeId) -> bool {
        let known = &mut self.entries[index].node;
        match known {
            Some(known) => *known == node,
            None => {
                *known = Some(node);
                true
            }
        }
    }

    /// The item can not be had. Returns whether that is news.
    pub(super) fn died(&mut self, index: usize, why: &Unresolved) -> bool {
        let entry = &mut self.entries[index];
        let news = !matches!(&entry.state, State::Dead { reason } if *reason == why.reason);
        *entry = Entry::dead(why.reason.clone());
        news
    }

    /// A value came.
    pub(super) fn heard(&mut self, index: usize) {
        if let Some(entry) = self.entries.get_mut(index)
            && matches!(entry.state, State::Waiting { .. })
        {
            entry.state = State::Live;
        }
    }

    /// The server's id of an item.
    pub(super) fn id(&self, index: usize) -> Option<u32> {
        self.entries[index].id
    }

    /// The node of an item, once known.
    pub(super) fn node(&self, index: usize) -> Option<&NodeId> {
        self.entries[index].node.as_ref()
    }

    /// Items that the subscription does not have.
    pub(super) fn dead(&self) -> Vec<usize> {
        let dead = |entry: &Entry| matches!(entry.state, State::Dead { .. });
        self.entries.iter().enumerate().filter(|(_, entry)| dead(entry)).map(|(index, _)| index).collect()
    }

    /// Whether there are any of those.
    pub(super) fn has_dead(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.state, State::Dead { .. }))
    }

    /// Items that the subscription has.
    pub(super) fn present(&self) -> Vec<usize> {
        (0..self.entries.len()).filter(|index| !matches!(self.entries[*index].state, State::Dead { .. })).collect()
    }

    /// How many deliver.
    pub(super) fn live(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.state, State::Live)).count()
    }

    /// When to look at the dead ones again.
    pub(super) fn retry_at(&self) -> Instant {
        self.retry_at
    }

    /// They were looked at.
    pub(super) fn retried(&mut self) {
        self.retry_at = Instant::now() + RETRY;
    }

    /// They are worth another look at once.
    pub(super) fn retry_now(&mut self) {
        self.retry_at = Instant::now();
    }

    /// When to walk all paths again.
    pub(super) fn verify_at(&self) -> Instant {
        self.verify_at
    }

    /// They were walked.
    pub(super) fn verified(&mut self) {
        self.verify_at = Instant::now() + VERIFY;
    }

    /// Those that do not deliver, for a person.
    pub(super) fn report(&self, items: &[Item]) -> Vec<DeadItem> {
        let now = Instant::now();
        let reason = |entry: &Entry| match &entry.state {
            State::Dead { reason } => Some(reason.clone()),
            State::Waiting { since } if now.duration_since(*since) >= FIRST_VALUE => {
                Some("the server has the node and sends no value of it".to_owned())
            }
            State::Waiting { .. } | State::Live => None,
        };
        let named = |(entry, item): (&Entry, &Item)| {
            reason(entry).map(|reason| DeadItem { path: item.name().to_string(), reason })
        };
        self.entries.iter().zip(items).filter_map(named).collect()
    }

    /// How long an outage may last before the first queue overflows.
    pub(super) fn loss_free(&self) -> Option<Duration> {
        self.entries.iter().filter_map(|entry| entry.loss_free).min()
    }
}

/// Statuses of a value that mean that its node is no more: the item must be made again.
pub(super) fn is_gone(status: StatusCode) -> bool {
    matches!(status, StatusCode::BadNodeIdUnknown | StatusCode::BadNodeIdInvalid | StatusCode::BadNodeIdRejected)
}

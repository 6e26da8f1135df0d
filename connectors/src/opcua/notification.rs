//! From the values of one message to signals. Nothing here waits or fails.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use model::LineId;
use opcua::types::{DataValue, MonitoredItemNotification, NodeId, StatusCode};
use workflow::ingest::{Signal, Stamp};

use super::{
    decode,
    item::{self, Item, Target},
    items::is_gone,
    packml::{Derived, Level, Machine, Told},
    stamp,
};

/// What one message says.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// In the order of the message.
    pub(super) signals: Vec<Signal>,
    /// Items that a value came for.
    pub(super) heard: Vec<usize>,
    /// Items whose node is no more.
    pub(super) gone: Vec<(usize, StatusCode)>,
    /// How often a queue of the server had overflowed.
    pub(super) overflows: u64,
    /// Clocks that were absurd.
    pub(super) absurd: u64,
}

/// What is remembered of one item.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    /// When its last value was true.
    newest: Option<DateTime<Utc>>,
    /// Its last value followed an overflow. Some servers flag every value while a queue is full: that is one gap.
    overflowing: bool,
}

/// The state machines of one line, and what was last said of it.
#[derive(Debug, Default)]
struct PackMl {
    machine: Machine,
    said: Option<Told>,
}

/// A value of a state machine, kept until the message is read to its end.
struct Pending {
    level: Level,
    told: Told,
    stamp: Stamp,
}

/// Decodes the messages of one source.
#[derive(Debug)]
pub(super) struct Decoder {
    memory: Vec<Memory>,
    lines: HashMap<LineId, PackMl>,
    /// Numbers of states by their nodes, as this session names them.
    numbers: HashMap<NodeId, Option<i64>>,
    newest: Option<DateTime<Utc>>,
}

impl Decoder {
    /// Remembers that values were complete up to `newest`.
    pub(super) fn new(items: usize, newest: Option<DateTime<Utc>>) -> Self {
        Self { memory: vec![Memory::default(); items], lines: HashMap::new(), numbers: HashMap::new(), newest }
    }

    /// The newest time at which a value was true: a gap begins there.
    pub(super) fn newest(&self) -> Option<DateTime<Utc>> {
        self.newest
    }

    /// What the state machines said last is said again with their next report.
    pub(super) fn repeat(&mut self) {
        for packml in self.lines.values_mut() {
            packml.said = None;
        }
    }

    /// Messages will be read again, because what came of them was not stored: it must be said again too.
    pub(super) fn rewind(&mut self) {
        self.repeat();
        for memory in &mut self.memory {
            memory.overflowing = false;
        }
    }

    /// Whether this value of an item is the last one that was reported, by its time.
    pub(super) fn is_last(&self, index: usize, value: &DataValue, received: DateTime<Utc>) -> bool {
        let (stamp, _) = stamp::stamp(value, decode::status(value).bits(), received);
        stamp.source_time.or(stamp.server_time).is_some() && self.memory[index].newest == Some(stamp.event_time())
    }

    /// Node ids may mean other states in another session.
    pub(super) fn forget_states(&mut self) {
        self.numbers.clear();
    }

    /// States in this message whose numbers are not known yet.
    pub(super) fn unknown_states(&self, items: &[Item], values: &[MonitoredItemNotification]) -> Vec<NodeId> {
        let mut unknown = Vec::new();
        for value in values {
            let machine = index_of(value).and_then(|index| items.get(index));
            if !machine.is_some_and(|item| matches!(item.target, Target::PackMl(..))) {
                continue;
            }
            if let Some(state) = decode::node_id(&value.value)
                && !self.numbers.contains_key(state)
                && !unknown.contains(state)
            {
                unknown.push(state.clone());
            }
        }
        unknown
    }

    /// Remembers the number of a state; `None`: it has none.
    pub(super) fn learn(&mut self, state: NodeId, number: Option<i64>) {
        self.numbers.insert(state, number);
    }

    /// Reads a message.
    pub(super) fn decode(
        &mut self,
        items: &[Item],
        values: Vec<MonitoredItemNotification>,
        received: DateTime<Utc>,
    ) -> Decoded {
        let mut decoded = Decoded::default();
        let mut machines: Vec<(LineId, Vec<Pending>)> = Vec::new();
        for notification in values {
            // An item of an earlier layout, or a number that no server should invent.
            let Some(index) = index_of(&notification).filter(|index| *index < items.len()) else { continue };
            let (item, value) = (&items[index], notification.value);
            decoded.heard.push(index);
            let status = decode::status(&value);
            if is_gone(status) {
                decoded.gone.push((index, status));
            }
            let (stamp, absurd) = stamp::stamp(&value, status.bits(), received);
            decoded.absurd += absurd;
            self.remember(index, item, &stamp, &mut decoded);
            match self.signal(item, &value, stamp) {
                Read::Nothing => {}
                Read::Signal(signal) => decoded.signals.push(signal),
                Read::Machine(line, pending) => match machines.iter_mut().find(|(other, _)| *other == line) {
                    Some((_, all)) => all.push(pending),
                    None => machines.push((line, vec![pending])),
                },
            }
        }
        for (line, pending) in machines {
            self.derive(line, pending, &mut decoded.signals);
        }
        decoded
    }

    /// An item can not be had. Returns the signal that says so.
    pub(super) fn lost(&mut self, item: &Item, status: StatusCode, at: DateTime<Utc>) -> Option<Signal> {
        let stamp = stamp::own(status.bits(), at);
        let Target::PackMl(line, level) = item.target else { return item.unknown(stamp) };
        let lost = Pending { level, told: Told { number: None, status: status.bits() }, stamp };
        let mut signals = Vec::new();
        if self.lines.entry(line).or_default().machine.has_spoken(level) {
            self.derive(line, vec![lost], &mut signals);
        }
        signals.pop()
    }

    fn remember(&mut self, index: usize, item: &Item, stamp: &Stamp, decoded: &mut Decoded) {
        let memory = &mut self.memory[index];
        if stamp.overflow && !memory.overflowing {
            decoded.overflows += 1;
            decoded.signals.push(Signal::Gap {
                from: memory.newest,
                to: stamp.event_time(),
                cause: format!("the server's queue for {} overflowed", item.name()),
            });
        }
        *memory = Memory { newest: memory.newest.max(Some(stamp.event_time())), overflowing: stamp.overflow };
        self.newest = self.newest.max(memory.newest);
    }

    fn signal(&self, item: &Item, value: &DataValue, mut stamp: Stamp) -> Read {
        Read::Signal(match &item.target {
            Target::PackMl(line, level) => {
                let told = self.told(value);
                stamp.status = told.status;
                return Read::Machine(*line, Pending { level: *level, told, stamp });
            }
            Target::State(line) => {
                let state = decode::integer(value);
                stamp.status = state.status;
                item::line_state(*line, state.value, stamp)
            }
            Target::Counter(line, name, role) => {
                let count = decode::count(value);
                stamp.status = count.status;
                Signal::Counter { line: *line, name: name.clone(), role: *role, value: count.value, stamp }
            }
            Target::Parameter(line, name) => {
                let number = decode::number(value);
                stamp.status = number.status;
                Signal::Parameter { line: *line, name: name.clone(), value: number.value, stamp }
            }
            Target::Order(line) => {
                let number = decode::text(value);
                stamp.status = number.status;
                Signal::ActiveOrder { line: *line, number: number.value, stamp }
            }
            // It reports events, never values.
            Target::Alarms(..) => return Read::Nothing,
        })
    }

    /// The state of one machine: its number, or the node of the state, which has the number.
    fn told(&self, value: &DataValue) -> Told {
        match decode::node_id(value) {
            Some(state) => match self.numbers.get(state).copied().flatten() {
                Some(number) => Told { number: Some(number), status: decode::status(value).bits() },
                None => Told { number: None, status: StatusCode::BadNoData.bits() },
            },
            // An inactive machine has no state; that is no fault of the type.
            None if matches!(value.value, Some(opcua::types::Variant::NodeId(_))) => {
                Told { number: None, status: StatusCode::BadStateNotActive.bits() }
            }
            None => {
                let number = decode::integer(value);
                Told { number: number.value, status: number.status }
            }
        }
    }

    /// Values that the device gave at one time belong together; between them, a state that is only half told is passed over.
    fn derive(&mut self, line: LineId, mut pending: Vec<Pending>, signals: &mut Vec<Signal>) {
        pending.sort_by_key(|pending| pending.stamp.source_time);
        let packml = self.lines.entry(line).or_default();
        let mut all = pending.into_iter().peekable();
        while let Some(Pending { level, told, stamp }) = all.next() {
            packml.machine.tell(level, told);
            if all.peek().is_some_and(|next| next.stamp.source_time == stamp.source_time) {
                continue;
            }
            let told = match packml.machine.derive() {
                Derived::Incomplete(_) if all.peek().is_some() => continue,
                Derived::State(told) | Derived::Incomplete(told) => told,
            };
            if packml.said != Some(told) {
                packml.said = Some(told);
                signals.push(item::line_state(line, told.number, Stamp { status: told.status, ..stamp }));
            }
        }
    }
}

/// What one value is.
enum Read {
    Nothing,
    Signal(Signal),
    Machine(LineId, Pending),
}

/// Handles are places plus one: zero means none to the library.
pub(super) fn handle_of(index: usize) -> u32 {
    u32::try_from(index + 1).expect("a plant file has fewer items than that")
}

fn index_of(notification: &MonitoredItemNotification) -> Option<usize> {
    index_from(notification.client_handle)
}

/// The place of the item with this handle.
pub(super) fn index_from(handle: u32) -> Option<usize> {
    usize::try_from(handle).ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests;

//! What is monitored: one node each, and what its value means in the twin.

use std::{fmt::Write, time::Duration};

use model::{LineId, LineState};
use sha2::{Digest, Sha256};
use workflow::ingest::{CounterRole, Signal, Stamp};

use super::{packml::Level, path::NodePath};

/// Hex digits that tell one layout from another.
const LAYOUT_DIGITS: usize = 16;

/// What a value means.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// The state of a line, as a PackTags number.
    State(LineId),
    /// One of the PackML state machines of a line.
    PackMl(LineId, Level),
    /// A counter of a line.
    Counter(LineId, String, CounterRole),
    /// A process value of a line.
    Parameter(LineId, String),
    /// The number of the order that a line runs.
    Order(LineId),
    /// Alarms, of a line if it is one's notifier, and whether people may acknowledge them.
    Alarms(Option<LineId>, bool),
}

/// A node to monitor.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Where it is. The first that exists is taken; there is at least one.
    pub(super) paths: Vec<NodePath>,
    /// What it means.
    pub(super) target: Target,
    /// How often the server looks at it; zero means as often as it changes.
    pub(super) sampling: Duration,
    /// Changes a second that the queue is sized for.
    pub(super) rate: f64,
    /// Values that the server is asked to keep for us.
    pub(super) queue: u32,
}

impl Item {
    /// How it is called in messages.
    pub(super) fn name(&self) -> &NodePath {
        &self.paths[0]
    }

    /// The signal that nothing is known. A PackML machine alone says nothing of the line.
    pub(super) fn unknown(&self, stamp: Stamp) -> Option<Signal> {
        Some(match &self.target {
            Target::State(line) => Signal::LineState { line: *line, state: None, raw: 0, stamp },
            Target::PackMl(..) | Target::Alarms(..) => return None,
            Target::Counter(line, name, role) => {
                Signal::Counter { line: *line, name: name.clone(), role: *role, value: None, stamp }
            }
            Target::Parameter(line, name) => Signal::Parameter { line: *line, name: name.clone(), value: None, stamp },
            Target::Order(line) => Signal::ActiveOrder { line: *line, number: None, stamp },
        })
    }
}

/// The signal of a state's number.
pub(super) fn line_state(line: LineId, number: Option<i64>, stamp: Stamp) -> Signal {
    Signal::LineState { line, state: number.and_then(LineState::from_number), raw: number.unwrap_or(0), stamp }
}

/// A fingerprint of which item stands for which node. Items of another layout must not be taken over.
pub(super) fn layout(items: &[Item]) -> String {
    let mut hash = Sha256::new();
    for item in items {
        for path in &item.paths {
            for segment in path.segments() {
                for text in [&segment.namespace, &segment.name] {
                    hash.update((text.len() as u64).to_be_bytes());
                    hash.update(text);
                }
            }
            hash.update([0xff]);
        }
        hash.update(format!("{:?}", item.target));
    }
    let mut text = String::new();
    for byte in hash.finalize().iter().take(LAYOUT_DIGITS / 2) {
        write!(text, "{byte:02x}").expect("a String takes everything");
    }
    text
}

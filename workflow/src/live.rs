//! The running process values: latest only, in memory. The journal gets crossings of limits and roll-ups, not every sample.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use model::{LineId, Quality};

use crate::ingest::Stamp;

/// The latest reading of a tag. A bad status has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveValue {
    /// The value; `None` with a bad status.
    pub value: Option<f64>,
    /// Quality of the status.
    pub quality: Quality,
    /// Full 32-bit OPC UA StatusCode.
    pub status: u32,
    /// When the device says it was true.
    pub source_time: Option<DateTime<Utc>>,
    /// When the OPC UA server says it was true.
    pub server_time: Option<DateTime<Utc>>,
    /// When it arrived here.
    pub received_time: DateTime<Utc>,
}

impl LiveValue {
    /// Whether it must not be replaced: a source that repeats what it told would turn it back. What is bad may be replaced by
    /// anything, because the value that comes back can be older than the moment when it could not be read.
    fn outranks(&self, other: &Self) -> bool {
        self.quality != Quality::Bad && other.event_time() < self.event_time()
    }

    fn event_time(&self) -> DateTime<Utc> {
        let Self { status, source_time, server_time, received_time, .. } = *self;
        Stamp { source_time, server_time, received_time, status, overflow: false }.event_time()
    }
}

/// The latest readings of all lines that this process ingests. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct LiveValues(Arc<RwLock<HashMap<LineId, HashMap<String, LiveValue>>>>);

impl LiveValues {
    /// The latest reading of a tag of a line.
    pub fn get(&self, line: LineId, name: &str) -> Option<LiveValue> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&line)?.get(name).cloned()
    }

    /// Replaces the latest reading, unless that is newer.
    pub(crate) fn set(&self, line: LineId, name: &str, value: LiveValue) {
        let mut lines = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let tags = lines.entry(line).or_default();
        match tags.get_mut(name) {
            Some(known) if known.outranks(&value) => {}
            Some(known) => *known = value,
            None => {
                tags.insert(name.to_owned(), value);
            }
        }
    }

    /// Forgets the readings of a line: its source fell silent.
    pub(crate) fn forget(&self, line: LineId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&line);
    }
}

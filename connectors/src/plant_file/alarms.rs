//! Which nodes of the OPC UA server tell of alarms.

use serde::Deserialize;

use super::node::{Binder, NodeBinding, RawNode};
use crate::Error;

/// A node whose events are alarms and conditions (OPC 10000-9).
#[derive(Clone, Debug)]
pub struct AlarmBinding {
    /// The object that notifies: of itself, and of what is below it.
    pub notifier: NodeBinding,
    /// Whether people may acknowledge its alarms from the graph. Off unless the file says so: it writes to the floor.
    pub acknowledge: bool,
}

/// The section as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    notifier: RawNode,
    #[serde(default)]
    acknowledge: bool,
}

impl Binder<'_> {
    /// Checks the notifiers at `key`.
    pub(super) fn alarms(&self, key: &str, raw: Vec<Raw>) -> Result<Vec<AlarmBinding>, Error> {
        let checked = raw.into_iter().enumerate().map(|(index, raw)| {
            let notifier = self.node(&format!("{key}[{index}].notifier"), raw.notifier)?;
            Ok(AlarmBinding { notifier, acknowledge: raw.acknowledge })
        });
        checked.collect()
    }
}

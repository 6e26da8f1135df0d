//! Failing on purpose.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The effect is taken, but nobody answers.
    TimeoutAfterEffect,
    /// The effect is taken, and the answer says that something broke.
    ErrorAfterEffect,
    /// Something broke before anything happened.
    Error,
    /// The answer says that all is well, but nothing happened.
    LostUpdate,
    /// The effect is taken; reads answer what was before for a while.
    StaleReadBack,
    /// The answer comes late.
    Slow,
    /// The connection closes before anything happened.
    Reset,
    /// The effect is taken, and the connection closes.
    ResetAfterEffect,
    /// Too many requests.
    RateLimited,
    /// The connection closes in the middle of the answer.
    Truncated,
    /// One record of the page makes no sense.
    MalformedRecord,
    /// Every second record is missing.
    Half,
    /// The system is away for a while and comes back without its sessions.
    Restart,
}

/// A fault, and the requests that it strikes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub fault: FaultKind,
    /// `any`, `read`, `write`, or the name of an action.
    #[serde(default = "any")]
    pub on: String,
    /// How many requests it strikes.
    #[serde(default = "once")]
    pub times: u32,
    /// How long it lasts, in milliseconds; each fault has its own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// HTTP status of an error; 500 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The field of a malformed record; its quantity unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What stands there; `"twelve"` unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

fn any() -> String {
    "any".to_owned()
}

fn once() -> u32 {
    1
}

impl Fault {
    /// Strikes the next request, whatever it is.
    pub fn new(fault: FaultKind) -> Self {
        Fault { fault, on: any(), times: 1, ms: None, status: None, field: None, value: None }
    }

    /// Strikes only `read`, `write`, or the action of this name.
    #[must_use]
    pub fn on(mut self, on: &str) -> Self {
        on.clone_into(&mut self.on);
        self
    }

    /// Strikes so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Lasts so many milliseconds.
    #[must_use]
    pub fn ms(mut self, ms: u64) -> Self {
        self.ms = Some(ms);
        self
    }

    /// How long it lasts.
    pub(crate) fn lasts(&self) -> Duration {
        let default = match self.fault {
            FaultKind::TimeoutAfterEffect => 60_000,
            FaultKind::StaleReadBack | FaultKind::Half | FaultKind::MalformedRecord => 5_000,
            FaultKind::Restart | FaultKind::RateLimited | FaultKind::Slow => 1_000,
            FaultKind::ErrorAfterEffect
            | FaultKind::Error
            | FaultKind::LostUpdate
            | FaultKind::Reset
            | FaultKind::ResetAfterEffect
            | FaultKind::Truncated => 1_000,
        };
        Duration::from_millis(self.ms.unwrap_or(default))
    }
}

/// The faults that wait for their request, in the order in which they were armed.
#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<Fault>);

impl Faults {
    pub(crate) fn arm(&mut self, fault: Fault) {
        self.0.push_back(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn armed(&self) -> Vec<Fault> {
        self.0.iter().cloned().collect()
    }

    /// The fault that strikes a request, if any does.
    pub(crate) fn strike(&mut self, is_read: bool, action: &str) -> Option<Fault> {
        let kind = if is_read { "read" } else { "write" };
        let hit = |fault: &Fault| fault.times > 0 && (fault.on == "any" || fault.on == kind || fault.on == action);
        let position = self.0.iter().position(hit)?;
        let fault = &mut self.0[position];
        fault.times -= 1;
        let struck = fault.clone();
        if struck.times == 0 {
            self.0.remove(position);
        }
        Some(struck)
    }
}

/// Puts nonsense into the middle record of a page.
pub(crate) fn malform(body: &mut Value, fault: &Fault) {
    let records = match body {
        Value::Object(map) if map.contains_key("d") => body.pointer_mut("/d/results"),
        Value::Object(_) => body.get_mut("data"),
        _ => None,
    };
    let Some(records) = records.and_then(Value::as_array_mut) else { return };
    let middle = records.len() / 2;
    let Some(record) = records.get_mut(middle).and_then(Value::as_object_mut) else { return };
    let is_quantity = |name: &String| name.to_lowercase().contains("quantity") || name.contains("Qty");
    let field = fault.field.clone().or_else(|| record.keys().find(|name| is_quantity(name)).cloned());
    let field = field.or_else(|| record.keys().next_back().cloned());
    if let Some(field) = field {
        record.insert(field, fault.value.clone().unwrap_or_else(|| Value::from("twelve")));
    }
}

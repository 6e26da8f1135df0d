//! Writes what happens in the plant into the address space, one value at a time.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use opcua::{
    server::{SubscriptionCache, node_manager::memory::SimpleNodeManager},
    types::{DataValue, LocalizedText, NodeId, StatusCode, UAString, Variant},
};
use tracing::warn;

use super::{
    nested::{MachineState, levels},
    packml::state_id,
    space::{LineNodes, MachineNodes, Namespaces},
};
use crate::{
    clock::wall_now,
    plant::{Change, Event},
};

/// The way from the plant to the subscribers of the server.
pub(crate) struct Publisher {
    manager: Arc<SimpleNodeManager>,
    subscriptions: Arc<SubscriptionCache>,
    namespaces: Namespaces,
    lines: [LineNodes; 2],
    /// What the nested machines of each line show.
    shown: [[Option<MachineState>; 3]; 2],
}

impl Publisher {
    /// No machine is active until the first state is published.
    pub(super) fn new(
        manager: Arc<SimpleNodeManager>,
        subscriptions: Arc<SubscriptionCache>,
        namespaces: Namespaces,
        lines: [LineNodes; 2],
    ) -> Self {
        let publisher = Publisher { manager, subscriptions, namespaces, lines, shown: [[None; 3]; 2] };
        publisher.deactivate_machines(wall_now());
        publisher
    }

    /// Publishes one event that happened at `at`. Each event is a write of its own: the library keeps
    /// only the last value of a node that is written twice in one call, so that a state the line
    /// passes through would be lost.
    pub(crate) fn publish(&mut self, event: &Event, at: DateTime<Utc>) {
        let nodes = &self.lines[event.line.index()];
        let values = match &event.change {
            Change::State(state) => {
                let flat = (&nodes.state_current, good(state.number(), at));
                let reached = levels(*state);
                let shown = std::mem::replace(&mut self.shown[event.line.index()], reached);
                let machines = nodes.machines.as_ref().map(|machines| self.machines(machines, shown, reached, at));
                std::iter::once(flat).chain(machines.into_iter().flatten()).collect()
            }
            Change::StopReason(reason) => {
                let (number, text) = reason.map_or((0, ""), |reason| (reason.number, reason.text));
                vec![(&nodes.stop_reason, good(number, at)), (&nodes.stop_reason_text, good(text, at))]
            }
            Change::Speed(speed) => vec![(&nodes.machine_speed, good(*speed, at))],
            Change::Good(count) => vec![(&nodes.good, good(*count, at))],
            Change::Scrap(count) => vec![(&nodes.scrap, good(*count, at))],
            Change::Temperature(value) => vec![(&nodes.temperature, good(*value, at))],
            Change::Pressure(value) => vec![(&nodes.pressure, good(*value, at))],
            Change::ActiveOrder(number) => {
                let number = UAString::from(number.as_deref().unwrap_or_default());
                vec![(&nodes.order_number, good(number, at))]
            }
            // The controller shows its active order; what becomes of orders is for the ERP.
            Change::OrderStarted(_) | Change::OrderFinished { .. } => return,
        };
        let written = values.iter().map(|(id, value)| (*id, None, value.clone()));
        if let Err(status) = self.manager.set_values(&self.subscriptions, written) {
            warn!(line = event.line.code(), %status, "the OPC UA server did not take a value");
        }
    }

    /// The values of the nested machines that have changed.
    fn machines<'a>(
        &self,
        nodes: &'a [MachineNodes; 3],
        shown: [Option<MachineState>; 3],
        reached: [Option<MachineState>; 3],
        at: DateTime<Utc>,
    ) -> Vec<(&'a NodeId, DataValue)> {
        let mut values = Vec::new();
        for (index, nodes) in nodes.iter().enumerate() {
            if shown[index] == reached[index] {
                continue;
            }
            let (name, id, number) = match reached[index] {
                Some(state) => (
                    good(LocalizedText::new("en", state.name()), at),
                    good(state_id(self.namespaces.packml, state), at),
                    good(state.number(), at),
                ),
                None => (inactive(at), inactive(at), inactive(at)),
            };
            values.extend([(&nodes.current_state, name), (&nodes.id, id), (&nodes.number, number)]);
        }
        values
    }

    fn deactivate_machines(&self, at: DateTime<Utc>) {
        for nodes in self.lines.iter().filter_map(|line| line.machines.as_ref()).flatten() {
            let ids = [&nodes.current_state, &nodes.id, &nodes.number];
            let values = ids.into_iter().map(|id| (id, None, inactive(at)));
            if let Err(status) = self.manager.set_values(&self.subscriptions, values) {
                warn!(%status, "the OPC UA server did not take a value");
            }
        }
    }
}

/// A good value with its times: the library sets none by itself.
fn good(content: impl Into<Variant>, at: DateTime<Utc>) -> DataValue {
    value(content.into(), StatusCode::Good, at)
}

/// What a state machine shows that is not active. An empty value rather than none: the library drops
/// the status of a variable that has no value at all.
fn inactive(at: DateTime<Utc>) -> DataValue {
    value(Variant::Empty, StatusCode::BadStateNotActive, at)
}

fn value(value: Variant, status: StatusCode, at: DateTime<Utc>) -> DataValue {
    DataValue {
        value: Some(value),
        status: Some(status),
        source_timestamp: Some(at.into()),
        server_timestamp: Some(opcua::types::DateTime::now()),
        ..DataValue::default()
    }
}

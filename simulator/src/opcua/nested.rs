//! The nested state machines of OPC 30050: one PackML state is spread over up to three machines, of
//! which the deepest active one says it exactly.

use crate::plant::State;

/// A state of one of the nested machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MachineState {
    /// A state of the flat model.
    Flat(State),
    /// "Somewhere in production": the inner machine says where.
    Running,
    /// "Not aborted": the inner machine says what.
    Cleared,
}

impl MachineState {
    /// The `StateNumber` of OPC 30050.
    pub(super) fn number(self) -> u32 {
        match self {
            MachineState::Flat(state) => state.number().unsigned_abs(),
            MachineState::Running => 18,
            MachineState::Cleared => 19,
        }
    }

    /// The name of OPC 30050.
    pub(super) fn name(self) -> &'static str {
        match self {
            MachineState::Flat(state) => state.name(),
            MachineState::Running => "Running",
            MachineState::Cleared => "Cleared",
        }
    }

    /// The NodeId of the state in the published nodeset.
    pub(super) fn node(self) -> u32 {
        match self {
            MachineState::Flat(State::Resetting) => 27,
            MachineState::Flat(State::Idle) => 28,
            MachineState::Flat(State::Starting) => 29,
            MachineState::Flat(State::Suspending) => 30,
            MachineState::Flat(State::Suspended) => 31,
            MachineState::Flat(State::Unsuspending) => 32,
            MachineState::Flat(State::Holding) => 33,
            MachineState::Flat(State::Held) => 34,
            MachineState::Flat(State::Unholding) => 35,
            MachineState::Flat(State::Execute) => 36,
            MachineState::Flat(State::Completing) => 37,
            MachineState::Flat(State::Complete) => 38,
            MachineState::Flat(State::Stopped) => 53,
            MachineState::Flat(State::Stopping) => 54,
            MachineState::Flat(State::Clearing) => 55,
            MachineState::Flat(State::Aborting) => 61,
            MachineState::Flat(State::Aborted) => 62,
            MachineState::Running => 75,
            MachineState::Cleared => 5001,
        }
    }
}

/// One of the three machines, from the outside in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Base,
    Machine,
    Execute,
}

impl Level {
    pub(super) const ALL: [Level; 3] = [Level::Base, Level::Machine, Level::Execute];

    /// The name of the object, a child of the machine around it.
    pub(super) fn browse_name(self) -> &'static str {
        match self {
            Level::Base => "BaseStateMachine",
            Level::Machine => "MachineState",
            Level::Execute => "ExecuteState",
        }
    }

    /// The name of the object type.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Level::Base => "PackMLBaseStateMachineType",
            Level::Machine => "PackMLMachineStateMachineType",
            Level::Execute => "PackMLExecuteStateMachineType",
        }
    }

    /// The NodeId of the object type in the published nodeset.
    pub(super) fn type_node(self) -> u32 {
        match self {
            Level::Base => 3,
            Level::Machine => 2,
            Level::Execute => 1,
        }
    }

    /// Every state the machine can be in.
    pub(super) fn states(self) -> Vec<MachineState> {
        let mut states: Vec<MachineState> = Vec::new();
        for state in State::ALL {
            let reached = levels(state)[self as usize];
            if let Some(reached) = reached
                && !states.contains(&reached)
            {
                states.push(reached);
            }
        }
        states
    }
}

/// The states of the three machines while the line is in `state`; none for a machine that is not
/// active.
pub(super) fn levels(state: State) -> [Option<MachineState>; 3] {
    let flat = Some(MachineState::Flat(state));
    match state {
        State::Aborting | State::Aborted => [flat, None, None],
        State::Clearing | State::Stopped | State::Stopping => [Some(MachineState::Cleared), flat, None],
        State::Starting
        | State::Idle
        | State::Suspended
        | State::Execute
        | State::Holding
        | State::Held
        | State::Unholding
        | State::Suspending
        | State::Unsuspending
        | State::Resetting
        | State::Completing
        | State::Complete => [Some(MachineState::Cleared), Some(MachineState::Running), flat],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_active_machine_carries_the_flat_state_number() {
        for state in State::ALL {
            let deepest = levels(state).into_iter().flatten().last().unwrap();
            assert_eq!(deepest.number(), state.number() as u32);
            assert_eq!(deepest.name(), state.name());
        }
        assert_eq!(Level::ALL.map(|level| level.states().len()), [3, 4, 12]);
    }
}

//! The state of a line from a PackML object (OPC 30050): three state machines, one inside the other.

use opcua::types::StatusCode;

/// The super-state of the outer machine in which the middle one runs.
const CLEARED: i64 = 19;
/// The super-state of the middle machine in which the inner one runs.
const RUNNING: i64 = 18;

/// One of the three machines, from outside in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Level {
    /// `BaseStateMachine`: aborted, or cleared.
    Base,
    /// `MachineState`: stopped, or running.
    Machine,
    /// `ExecuteState`: what it does while it runs.
    Execute,
}

impl Level {
    /// From outside in.
    pub(super) const ALL: [Self; 3] = [Self::Base, Self::Machine, Self::Execute];
}

/// What one machine last said: the number of its state, or nothing, with the status of the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The number of the state; `None` when the machine is inactive or its value is bad.
    pub(super) number: Option<i64>,
    /// The OPC UA status.
    pub(super) status: u32,
}

/// What the three machines of one line last said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Machine {
    told: [Option<Told>; 3],
}

/// The effective state of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derived {
    /// This state, a leaf.
    State(Told),
    /// A super-state is active and the machine inside it has not said what it does: nothing is known until it does.
    Incomplete(Told),
}

impl Machine {
    /// Takes in what one machine says.
    pub(super) fn tell(&mut self, level: Level, told: Told) {
        self.told[level as usize] = Some(told);
    }

    /// Whether this machine ever said anything.
    pub(super) fn has_spoken(&self, level: Level) -> bool {
        self.told[level as usize].is_some()
    }

    /// The deepest active state. A machine that never spoke is passed over: a server may have the inner ones only.
    pub(super) fn derive(&self) -> Derived {
        for (told, inner) in self.told.iter().zip([Some(CLEARED), Some(RUNNING), None]) {
            let Some(told) = told else { continue };
            match told.number {
                // A super-state: what the machine inside it does is the answer.
                Some(number) if Some(number) == inner => {}
                // A leaf, or a number that the standard does not have there: never guess what it could mean.
                Some(_) => return Derived::State(*told),
                None => return Derived::Incomplete(*told),
            }
        }
        Derived::Incomplete(Told { number: None, status: StatusCode::BadNoData.bits() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(base: Option<i64>, middle: Option<i64>, inner: Option<i64>) -> Machine {
        let mut machine = Machine::default();
        for (level, number) in Level::ALL.into_iter().zip([base, middle, inner]) {
            machine.tell(level, Told { number, status: 0 });
        }
        machine
    }

    fn state(number: i64) -> Derived {
        Derived::State(Told { number: Some(number), status: 0 })
    }

    #[test]
    fn the_deepest_active_machine_decides() {
        assert_eq!(machine(Some(9), None, None).derive(), state(9));
        assert_eq!(machine(Some(CLEARED), Some(2), None).derive(), state(2));
        assert_eq!(machine(Some(CLEARED), Some(RUNNING), Some(6)).derive(), state(6));
    }

    #[test]
    fn an_inner_machine_that_kept_its_last_state_does_not_count() {
        assert_eq!(machine(Some(8), Some(RUNNING), Some(6)).derive(), state(8));
        assert_eq!(machine(Some(CLEARED), Some(7), Some(6)).derive(), state(7));
    }

    #[test]
    fn a_super_state_alone_says_nothing() {
        assert!(matches!(machine(Some(CLEARED), None, None).derive(), Derived::Incomplete(_)));
        assert!(matches!(machine(Some(CLEARED), Some(RUNNING), None).derive(), Derived::Incomplete(_)));
        assert!(matches!(Machine::default().derive(), Derived::Incomplete(_)));
    }

    #[test]
    fn a_bad_outer_machine_hides_the_inner_ones() {
        let mut machine = machine(Some(CLEARED), Some(RUNNING), Some(6));
        let bad = Told { number: None, status: 0x8000_0000 };
        machine.tell(Level::Base, bad);
        assert_eq!(machine.derive(), Derived::Incomplete(bad));
    }

    #[test]
    fn a_server_with_the_inner_machine_alone_is_understood() {
        let mut machine = Machine::default();
        machine.tell(Level::Execute, Told { number: Some(11), status: 0 });
        assert_eq!(machine.derive(), state(11));
    }
}

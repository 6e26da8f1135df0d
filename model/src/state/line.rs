//! States of a line: PackML (OPC 30050, nodeset 1.01), with the standard's numbers.

use crate::word::words;

words! {
    /// A PackML state. The number of a state is that of `StateCurrent` in OPC 30050.
    LineState {
        /// 1: faults are being cleared after an abort.
        Clearing = "CLEARING",
        /// 2: powered and still; needs a reset.
        Stopped = "STOPPED",
        /// 3: on the way to EXECUTE.
        Starting = "STARTING",
        /// 4: reset, ready to start.
        Idle = "IDLE",
        /// 5: waiting for a cause outside the line: starved or blocked by neighbours.
        Suspended = "SUSPENDED",
        /// 6: producing.
        Execute = "EXECUTE",
        /// 7: on the way to STOPPED.
        Stopping = "STOPPING",
        /// 8: on the way to ABORTED.
        Aborting = "ABORTING",
        /// 9: stopped by a fault.
        Aborted = "ABORTED",
        /// 10: on the way to HELD.
        Holding = "HOLDING",
        /// 11: waiting for a cause inside the line, or for the operator.
        Held = "HELD",
        /// 12: on the way back from HELD.
        Unholding = "UNHOLDING",
        /// 13: on the way to SUSPENDED.
        Suspending = "SUSPENDING",
        /// 14: on the way back from SUSPENDED.
        Unsuspending = "UNSUSPENDING",
        /// 15: on the way to IDLE.
        Resetting = "RESETTING",
        /// 16: finishing the order.
        Completing = "COMPLETING",
        /// 17: the order is finished.
        Complete = "COMPLETE",
    }
}

impl LineState {
    /// The state with this `StateCurrent` number; `None` for super-states (18, 19) and numbers that the standard does not have.
    pub fn from_number(number: i64) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::ALL.get(index).copied()
    }

    /// The `StateCurrent` number.
    pub fn number(self) -> i64 {
        self as i64 + 1
    }

    /// Whether the line produces.
    pub const fn is_executing(self) -> bool {
        matches!(self, Self::Execute)
    }

    /// Whether the line is down: STOPPED, ABORTED or HELD. SUSPENDED is not: its cause lies outside the line.
    pub const fn is_down(self) -> bool {
        matches!(self, Self::Stopped | Self::Aborted | Self::Held)
    }
}

#[cfg(test)]
mod tests {
    use super::LineState;

    #[test]
    fn numbers_are_those_of_the_standard() {
        for (number, state) in
            [(1, LineState::Clearing), (6, LineState::Execute), (11, LineState::Held), (17, LineState::Complete)]
        {
            assert_eq!(LineState::from_number(number), Some(state));
            assert_eq!(state.number(), number);
        }
        for number in [-1, 0, 18, 19, i64::MAX] {
            assert_eq!(LineState::from_number(number), None);
        }
    }
}

//! The PackML states of a line (OPC 30050) and which may follow which.

/// A state of the PackML state model; the discriminant is its number in OPC 30050.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum State {
    /// Faults of an abort are being cleared.
    Clearing = 1,
    /// Powered, standing, waiting for a reset.
    Stopped = 2,
    /// Getting ready to produce.
    Starting = 3,
    /// Ready, waiting for an order.
    Idle = 4,
    /// Standing for an external reason (starved or blocked).
    Suspended = 5,
    /// Producing.
    Execute = 6,
    /// Coming to a controlled stop.
    Stopping = 7,
    /// Coming to an immediate stop.
    Aborting = 8,
    /// Standing after an immediate stop.
    Aborted = 9,
    /// Coming to a stop for an internal reason.
    Holding = 10,
    /// Standing for an internal reason.
    Held = 11,
    /// Returning from a hold to production.
    Unholding = 12,
    /// Coming to a stop for an external reason.
    Suspending = 13,
    /// Returning from a suspension to production.
    Unsuspending = 14,
    /// Returning to a known, empty condition.
    Resetting = 15,
    /// Finishing the order.
    Completing = 16,
    /// The order is finished.
    Complete = 17,
}

impl State {
    /// Every state, in the order of their numbers.
    pub const ALL: [State; 17] = [
        State::Clearing,
        State::Stopped,
        State::Starting,
        State::Idle,
        State::Suspended,
        State::Execute,
        State::Stopping,
        State::Aborting,
        State::Aborted,
        State::Holding,
        State::Held,
        State::Unholding,
        State::Suspending,
        State::Unsuspending,
        State::Resetting,
        State::Completing,
        State::Complete,
    ];

    /// The number of OPC 30050, as `StateCurrent` carries it.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The name of OPC 30050.
    pub fn name(self) -> &'static str {
        match self {
            State::Clearing => "Clearing",
            State::Stopped => "Stopped",
            State::Starting => "Starting",
            State::Idle => "Idle",
            State::Suspended => "Suspended",
            State::Execute => "Execute",
            State::Stopping => "Stopping",
            State::Aborting => "Aborting",
            State::Aborted => "Aborted",
            State::Holding => "Holding",
            State::Held => "Held",
            State::Unholding => "Unholding",
            State::Suspending => "Suspending",
            State::Unsuspending => "Unsuspending",
            State::Resetting => "Resetting",
            State::Completing => "Completing",
            State::Complete => "Complete",
        }
    }

    /// The one state that lies next on the way from here through production to a finished order.
    pub fn onward(self) -> State {
        match self {
            State::Aborting => State::Aborted,
            State::Aborted => State::Clearing,
            State::Clearing | State::Stopping => State::Stopped,
            State::Stopped | State::Complete => State::Resetting,
            State::Resetting => State::Idle,
            State::Idle => State::Starting,
            State::Holding => State::Held,
            State::Held => State::Unholding,
            State::Suspending => State::Suspended,
            State::Suspended => State::Unsuspending,
            State::Starting | State::Unholding | State::Unsuspending => State::Execute,
            State::Execute => State::Completing,
            State::Completing => State::Complete,
        }
    }

    /// Whether the state model allows going from here to `next` in one step.
    pub fn may_enter(self, next: State) -> bool {
        match next {
            State::Aborting => !matches!(self, State::Aborting | State::Aborted),
            State::Stopping => {
                !matches!(self, State::Stopping | State::Stopped | State::Aborting | State::Aborted | State::Clearing)
            }
            State::Holding | State::Suspending => self == State::Execute,
            State::Clearing
            | State::Stopped
            | State::Starting
            | State::Idle
            | State::Suspended
            | State::Execute
            | State::Aborted
            | State::Held
            | State::Unholding
            | State::Unsuspending
            | State::Resetting
            | State::Completing
            | State::Complete => self.onward() == next,
        }
    }

    /// Whether a line that was brought here by a fault stands until somebody restarts it.
    pub fn waits_after_fault(self) -> bool {
        matches!(self, State::Aborted | State::Stopped | State::Held)
    }
}

//! States of production orders (B2MML V7 `RequestState`), job orders (OPC 10031-4) and job responses (B2MML V7 `ResponseState`).

use crate::word::words;

words! {
    /// State of a production order (B2MML `RequestState`).
    RequestState {
        /// Planned, not yet released.
        Forecast = "FORECAST",
        /// Released for execution.
        Released = "RELEASED",
        /// Waiting for a precondition.
        Waiting = "WAITING",
        /// Will not be made.
        Cancelled = "CANCELLED",
        /// All preconditions are met.
        Ready = "READY",
        /// Being made.
        Running = "RUNNING",
        /// Made.
        Completed = "COMPLETED",
        /// Ended before completion by a fault.
        Aborted = "ABORTED",
        /// Stopped by a constraint.
        Held = "HELD",
        /// Stopped by decision.
        Suspended = "SUSPENDED",
        /// No further post-processing.
        Closed = "CLOSED",
        /// None of the standard's values; the claims tell which.
        Other = "OTHER",
    }
}

words! {
    /// State of a job order (OPC 10031-4 v2.0.0; the numbers are the standard's).
    JobState {
        /// 1: stored, may not be executed.
        NotAllowedToStart = "NOT_ALLOWED_TO_START",
        /// 2: stored, may be executed.
        AllowedToStart = "ALLOWED_TO_START",
        /// 3: executing.
        Running = "RUNNING",
        /// 4: temporarily stopped.
        Interrupted = "INTERRUPTED",
        /// 5: finished.
        Ended = "ENDED",
        /// 6: aborted.
        Aborted = "ABORTED",
    }
}

impl JobState {
    /// The standard's number.
    pub const fn number(self) -> i64 {
        self as i64 + 1
    }

    /// The state of an order's job, as far as the order's own state tells. A floor that reports job states tells it better.
    pub const fn of_request(request: RequestState) -> Self {
        match request {
            RequestState::Forecast | RequestState::Waiting | RequestState::Other => Self::NotAllowedToStart,
            RequestState::Released | RequestState::Ready => Self::AllowedToStart,
            RequestState::Running => Self::Running,
            RequestState::Held | RequestState::Suspended => Self::Interrupted,
            RequestState::Completed | RequestState::Closed => Self::Ended,
            RequestState::Cancelled | RequestState::Aborted => Self::Aborted,
        }
    }
}

words! {
    /// Sub-state of a job order (OPC 10031-4 v2.0.0; the numbers are the standard's, counted within the state).
    JobSubState {
        /// 1 of states 1 and 2: preconditions are missing.
        Waiting = "WAITING",
        /// 2 of states 1 and 2: everything needed is there.
        Ready = "READY",
        /// 3 of states 1 and 2: loaded into the line.
        Loaded = "LOADED",
        /// 1 of state 4: interrupted by a constraint.
        Held = "HELD",
        /// 2 of state 4: interrupted by decision.
        Suspended = "SUSPENDED",
        /// 1 of state 5: finished.
        Completed = "COMPLETED",
        /// 2 of state 5: finished, and no further post-processing.
        Closed = "CLOSED",
    }
}

impl JobSubState {
    /// The standard's number, counted within the state.
    pub const fn number(self) -> i64 {
        match self {
            Self::Waiting | Self::Held | Self::Completed => 1,
            Self::Ready | Self::Suspended | Self::Closed => 2,
            Self::Loaded => 3,
        }
    }
}

words! {
    /// Whether the material of a job order is ready.
    Readiness {
        /// Everything is there, or will be in time.
        Ready = "READY",
        /// It comes, but not in time.
        Late = "LATE",
        /// There is not enough of it.
        Short = "SHORT",
        /// It is there, but may not be used.
        Blocked = "BLOCKED",
    }
}

words! {
    /// State of a job response (B2MML `ResponseState`).
    ResponseState {
        /// Waiting for a precondition.
        Waiting = "WAITING",
        /// All preconditions are met.
        Ready = "READY",
        /// Running.
        Running = "RUNNING",
        /// Done.
        Completed = "COMPLETED",
        /// Ended before completion by a fault.
        Aborted = "ABORTED",
        /// Stopped by a constraint.
        Held = "HELD",
        /// Stopped for a moment.
        Paused = "PAUSED",
        /// Stopped by decision.
        Suspended = "SUSPENDED",
        /// No further post-processing.
        Closed = "CLOSED",
        /// None of the standard's values.
        Other = "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::{JobState, JobSubState};

    #[test]
    fn numbers_are_those_of_the_standard() {
        assert_eq!(JobState::ALL.iter().map(|state| state.number()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(JobState::Interrupted.number(), 4);
        assert_eq!(JobSubState::ALL.iter().map(|state| state.number()).collect::<Vec<_>>(), [1, 2, 3, 1, 2, 1, 2]);
    }
}

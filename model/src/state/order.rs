//! States of production orders (B2MML V7 `RequestState`) and job orders (OPC 10031-4).

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

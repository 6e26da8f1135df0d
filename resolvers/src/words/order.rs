//! Words of orders.

use super::mirror;

mirror! {
    /// State of a production order (B2MML `RequestState`).
    RequestState of model::RequestState {
        /// Planned, not yet released.
        Forecast,
        /// Released for execution.
        Released,
        /// Waiting for a precondition.
        Waiting,
        /// Will not be made.
        Cancelled,
        /// All preconditions are met.
        Ready,
        /// Being made.
        Running,
        /// Made.
        Completed,
        /// Ended before completion by a fault.
        Aborted,
        /// Stopped by a constraint.
        Held,
        /// Stopped by decision.
        Suspended,
        /// Completed, and no further post-processing.
        Closed,
        /// None of the standard's values; the claims tell which.
        Other,
    }
}

mirror! {
    /// State of a job order (ISA-95 job control, OPC 10031-4 v2.0.0). The number in a description is the standard's.
    JobState of model::JobState {
        /// 1: stored, may not be executed.
        NotAllowedToStart,
        /// 2: stored, may be executed.
        AllowedToStart,
        /// 3: executing.
        Running,
        /// 4: temporarily stopped.
        Interrupted,
        /// 5: finished.
        Ended,
        /// 6: aborted.
        Aborted,
    }
}

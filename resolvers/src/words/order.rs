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
        /// None of the standard's values; `otherState` tells which.
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

mirror! {
    /// Sub-state of a job order (OPC 10031-4 v2.0.0). The number in a description is the standard's, counted within the state.
    JobSubState of model::JobSubState {
        /// 1 of NOT_ALLOWED_TO_START and ALLOWED_TO_START: preconditions are missing.
        Waiting,
        /// 2 of NOT_ALLOWED_TO_START and ALLOWED_TO_START: everything needed is there.
        Ready,
        /// 3 of NOT_ALLOWED_TO_START and ALLOWED_TO_START: loaded into the line.
        Loaded,
        /// 1 of INTERRUPTED: by a constraint.
        Held,
        /// 2 of INTERRUPTED: by decision.
        Suspended,
        /// 1 of ENDED: finished.
        Completed,
        /// 2 of ENDED: finished, and no further post-processing.
        Closed,
    }
}

mirror! {
    /// Whether the material of a job order is ready.
    Readiness of model::Readiness {
        /// Everything is there, or will be in time.
        Ready,
        /// It comes, but not in time.
        Late,
        /// There is not enough of it.
        Short,
        /// It is there, but may not be used.
        Blocked,
    }
}

mirror! {
    /// State of a job response (B2MML `ResponseState`).
    ResponseState of model::ResponseState {
        /// Waiting for a precondition.
        Waiting,
        /// All preconditions are met.
        Ready,
        /// Running.
        Running,
        /// Done.
        Completed,
        /// Ended before completion by a fault.
        Aborted,
        /// Stopped by a constraint.
        Held,
        /// Stopped for a moment.
        Paused,
        /// Stopped by decision.
        Suspended,
        /// No further post-processing.
        Closed,
        /// None of the standard's values.
        Other,
    }
}

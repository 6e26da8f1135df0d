//! Words of lines and of what they report.

use super::mirror;

mirror! {
    /// State of a line (PackML, OPC 30050). The number in a description is the standard's `StateCurrent`.
    LineState of model::LineState {
        /// 1: faults are being cleared after an abort.
        Clearing,
        /// 2: powered and still; needs a reset.
        Stopped,
        /// 3: on the way to EXECUTE.
        Starting,
        /// 4: reset, ready to start.
        Idle,
        /// 5: waiting for a cause outside the line: starved or blocked by its neighbours.
        Suspended,
        /// 6: producing.
        Execute,
        /// 7: on the way to STOPPED.
        Stopping,
        /// 8: on the way to ABORTED.
        Aborting,
        /// 9: stopped by a fault.
        Aborted,
        /// 10: on the way to HELD.
        Holding,
        /// 11: waiting for a cause inside the line, or for the operator.
        Held,
        /// 12: on the way back from HELD.
        Unholding,
        /// 13: on the way to SUSPENDED.
        Suspending,
        /// 14: on the way back from SUSPENDED.
        Unsuspending,
        /// 15: on the way to IDLE.
        Resetting,
        /// 16: finishing the order.
        Completing,
        /// 17: the order is finished.
        Complete,
    }
}

mirror! {
    /// How far a value may be trusted, from the two severity bits of its OPC UA StatusCode.
    Quality of model::Quality {
        /// Severity 00: good.
        Good,
        /// Severity 01: usable with care.
        Uncertain,
        /// Severity 10 or 11: never shown as a value.
        Bad,
    }
}

mirror! {
    /// Whether a source keeps a value current. Stale is not idle, and no data is not zero.
    Freshness of model::Freshness {
        /// The source never told.
        Unknown,
        /// The source is connected and reports changes.
        Live,
        /// The source fell silent; what is known is the last known.
        Stale,
    }
}

mirror! {
    /// Where a parameter stands against its limits.
    LimitState of model::LimitState {
        /// Below the low limit.
        Low,
        /// Within the limits; a limit itself is within.
        Within,
        /// Above the high limit.
        High,
    }
}

//! Words of source systems and of commands to them.

use super::mirror;

mirror! {
    /// Kind of a source system.
    SourceKind of model::SourceKind {
        /// An OPC UA server of the floor.
        OpcUa,
        /// Enterprise resource planning.
        Erp,
        /// Manufacturing execution.
        Mes,
        /// Warehouse management.
        Wms,
    }
}

mirror! {
    /// State of a command to a system of record.
    CommandState of model::entity::command::CommandState {
        /// Waits for a sender.
        Pending,
        /// A sender holds it.
        Leased,
        /// Handed to the system.
        Sent,
        /// The system accepted it.
        Acked,
        /// The effect is being read back.
        Verifying,
        /// The effect was read back: only this counts.
        Verified,
        /// The read-back shows something else.
        Mismatch,
        /// The system refused.
        Rejected,
        /// Nobody knows whether it took effect; a person must look.
        Unknown,
    }
}

mirror! {
    /// What the claims on one attribute amount to.
    Verdict of model::reconcile::Verdict {
        /// Every system that says something says the same.
        Agreed,
        /// They differ, and the rule or a person has settled it.
        Resolved,
        /// They differ, and their clocks and batches may still explain it.
        Pending,
        /// They differ for longer than that: somebody has to decide.
        Conflict,
        /// The system that decides is not heard: the value is the last known.
        Stale,
    }
}

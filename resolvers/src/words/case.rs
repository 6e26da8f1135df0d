//! Words of exception cases. The lifecycle is plantgraph's own; no standard has one.

use super::mirror;

mirror! {
    /// Class of an exception.
    CaseClass of model::CaseClass {
        /// A line is down for longer than its threshold.
        Downtime,
        /// Systems contradict each other for longer than the window.
        StatusConflict,
        /// A lot is held, and every system that claims it must show that.
        QualityHold,
        /// A stream of a system stopped, because it can not be right.
        SyncStopped,
    }
}

mirror! {
    /// State of a case. Escalation is a flag beside it.
    CaseState of model::CaseState {
        /// The signal was recognised; nobody owns it yet.
        Detected,
        /// A role or a person owns it.
        Assigned,
        /// The damage can not grow; the cause may still be there.
        Contained,
        /// A decision is taken and approved.
        Decided,
        /// The decision is being carried out.
        Executing,
        /// Everything is done; the effect is being proved.
        Verifying,
        /// The effect is proved.
        Closed,
        /// The case was raised in error.
        Cancelled,
    }
}

mirror! {
    /// How much a case hurts.
    Severity of model::Severity {
        /// Watch it.
        Low,
        /// Act within the shift.
        Medium,
        /// Act now.
        High,
        /// People, product or customer in danger.
        Critical,
    }
}

mirror! {
    /// What can be decided on a case.
    DecisionOption of model::DecisionOption {
        /// Bring the line back with restart checks, then prove that it runs.
        Restart,
        /// Move the active order to another line, then bring this one back.
        ResequenceOrder,
        /// Take what one system says for true, for a time; the systems stay as they are. Needs `source`.
        AcceptClaim,
        /// Tell a system (`source`) to say what is true; the case closes when it does.
        CorrectSource,
        /// Let the systems differ, for a time.
        AcceptDifference,
        /// Let a stopped stream go on with what it found.
        ResumeSync,
        /// Send for maintenance; the case stays open for its final decision.
        CallMaintenance,
    }
}

mirror! {
    /// State of a decision.
    DecisionState of model::DecisionState {
        /// Proposed; more approvals are needed.
        PendingApproval,
        /// Approved by enough distinct people, in effect.
        Effective,
        /// Another decision took effect first, or the case moved on.
        Superseded,
    }
}

mirror! {
    /// What a task is for.
    TaskPurpose of model::TaskPurpose {
        /// Finding out what happened.
        Triage,
        /// Sending for and doing maintenance.
        Maintenance,
        /// Making sure that the line may run again.
        RestartCheck,
    }
}

mirror! {
    /// State of a task.
    TaskState of model::TaskState {
        /// To do.
        Open,
        /// Done, with its evidence.
        Done,
        /// No longer needed.
        Cancelled,
    }
}

mirror! {
    /// Kind of evidence.
    EvidenceKind of model::EvidenceKind {
        /// What somebody saw, in words.
        Text,
        /// A measured value with its unit.
        Measurement,
        /// A reference to a document or record elsewhere.
        Reference,
    }
}

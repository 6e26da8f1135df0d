//! States and words of exception cases. The lifecycle is plantgraph's own; no standard has one.

use crate::word::words;

words! {
    /// Class of an exception.
    CaseClass {
        /// A line is down for longer than its threshold.
        Downtime = "DOWNTIME",
        /// Systems contradict each other for longer than the window.
        StatusConflict = "STATUS_CONFLICT",
        /// A lot is held, and every system that claims it must show that.
        QualityHold = "QUALITY_HOLD",
        /// A stream of a system stopped, because it can not be right.
        SyncStopped = "SYNC_STOPPED",
    }
}

words! {
    /// State of a case. Escalation is a flag beside it.
    CaseState {
        /// The signal was recognised; nobody owns it yet.
        Detected = "DETECTED",
        /// A role or a person owns it.
        Assigned = "ASSIGNED",
        /// The damage can not grow; the cause may still be there.
        Contained = "CONTAINED",
        /// A decision is taken and approved.
        Decided = "DECIDED",
        /// The decision is being carried out.
        Executing = "EXECUTING",
        /// Everything is done; the effect is being proved.
        Verifying = "VERIFYING",
        /// The effect is proved.
        Closed = "CLOSED",
        /// The case was raised in error.
        Cancelled = "CANCELLED",
    }
}

impl CaseState {
    /// Whether the case still needs somebody.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Closed | Self::Cancelled)
    }

    /// Whether a decision may be taken.
    pub const fn accepts_decision(self) -> bool {
        matches!(self, Self::Assigned | Self::Contained)
    }
}

words! {
    /// How much a case hurts.
    Severity {
        /// Watch it.
        Low = "LOW",
        /// Act within the shift.
        Medium = "MEDIUM",
        /// Act now.
        High = "HIGH",
        /// People, product or customer in danger.
        Critical = "CRITICAL",
    }
}

words! {
    /// What can be decided on a case.
    DecisionOption {
        /// Bring the line back with restart checks, then prove that it runs.
        Restart = "RESTART",
        /// Move the active order to another line, then bring this one back.
        ResequenceOrder = "RESEQUENCE_ORDER",
        /// Take what one system says for true, for a time; the systems stay as they are.
        AcceptClaim = "ACCEPT_CLAIM",
        /// Tell a system to say what is true; the case closes when it does.
        CorrectSource = "CORRECT_SOURCE",
        /// Let the systems differ, for a time.
        AcceptDifference = "ACCEPT_DIFFERENCE",
        /// Let a stopped stream go on with what it found.
        ResumeSync = "RESUME_SYNC",
        /// Send for maintenance; the case stays open for its final decision.
        CallMaintenance = "CALL_MAINTENANCE",
    }
}

impl DecisionOption {
    /// What can be decided on a case of a class.
    pub const fn of(class: CaseClass) -> &'static [Self] {
        match class {
            CaseClass::Downtime => &[Self::Restart, Self::ResequenceOrder, Self::CallMaintenance],
            CaseClass::StatusConflict => &[Self::AcceptClaim, Self::CorrectSource, Self::AcceptDifference],
            CaseClass::SyncStopped => &[Self::ResumeSync],
            // A quality hold is lifted by releasing the hold.
            CaseClass::QualityHold => &[],
        }
    }

    /// Whether the decision ends the deciding: at most one such is taken between two rework loops.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Restart
            | Self::ResequenceOrder
            | Self::AcceptClaim
            | Self::CorrectSource
            | Self::AcceptDifference
            | Self::ResumeSync => true,
            Self::CallMaintenance => false,
        }
    }
}

words! {
    /// State of a decision.
    DecisionState {
        /// Proposed; more approvals are needed.
        PendingApproval = "PENDING_APPROVAL",
        /// Approved by enough distinct people, in effect.
        Effective = "EFFECTIVE",
        /// Another decision took effect first, or the case moved on.
        Superseded = "SUPERSEDED",
    }
}

words! {
    /// What a task is for.
    TaskPurpose {
        /// Finding out what happened.
        Triage = "TRIAGE",
        /// Sending for and doing maintenance.
        Maintenance = "MAINTENANCE",
        /// Making sure that the line may run again.
        RestartCheck = "RESTART_CHECK",
    }
}

words! {
    /// State of a task.
    TaskState {
        /// To do.
        Open = "OPEN",
        /// Done, with its evidence.
        Done = "DONE",
        /// No longer needed.
        Cancelled = "CANCELLED",
    }
}

words! {
    /// Kind of evidence.
    EvidenceKind {
        /// What somebody saw, in words.
        Text = "TEXT",
        /// A measured value with its unit.
        Measurement = "MEASUREMENT",
        /// A reference to a document or record elsewhere.
        Reference = "REFERENCE",
    }
}

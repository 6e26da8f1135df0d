//! What a row of the journal says happened.

use crate::word::words;

words! {
    /// What happened to a subject.
    ChangeKind {
        /// It was created by configuration or by its first claim.
        Created = "CREATED",
        /// Its master data changed.
        Updated = "UPDATED",
        /// A line reported another state.
        LineStateChanged = "LINE_STATE_CHANGED",
        /// A line's report can not be trusted: its status turned bad, or good again.
        LineQualityChanged = "LINE_QUALITY_CHANGED",
        /// A line's source fell silent: what is shown is the last known.
        LineStale = "LINE_STALE",
        /// A line's source is heard again.
        LineLive = "LINE_LIVE",
        /// A line's counters were rolled up.
        LineCounted = "LINE_COUNTED",
        /// A line runs another order.
        ActiveOrderChanged = "ACTIVE_ORDER_CHANGED",
        /// A parameter crossed a limit, or came back.
        LimitCrossed = "LIMIT_CROSSED",
        /// A parameter's quality changed.
        ParameterQualityChanged = "PARAMETER_QUALITY_CHANGED",
        /// A source is heard.
        SourceLive = "SOURCE_LIVE",
        /// A source fell silent.
        SourceStale = "SOURCE_STALE",
        /// Values of a source may be missing for a stretch of time.
        SourceGap = "SOURCE_GAP",
        /// A system claims something else than before.
        ClaimChanged = "CLAIM_CHANGED",
        /// A system does not have a record any more.
        RecordAbsent = "RECORD_ABSENT",
        /// A record of a source was refused.
        DeadLettered = "DEAD_LETTERED",
        /// A refused record was applied after all.
        DeadLetterResolved = "DEAD_LETTER_RESOLVED",
        /// A hold was placed.
        HoldPlaced = "HOLD_PLACED",
        /// A hold was released.
        HoldReleased = "HOLD_RELEASED",
        /// A case was opened.
        CaseOpened = "CASE_OPENED",
        /// A later signal joined an open case.
        CaseSignalJoined = "CASE_SIGNAL_JOINED",
        /// Somebody took a case.
        CaseAcknowledged = "CASE_ACKNOWLEDGED",
        /// A case was escalated.
        CaseEscalated = "CASE_ESCALATED",
        /// A case moved to another state.
        CaseMoved = "CASE_MOVED",
        /// A case was closed.
        CaseClosed = "CASE_CLOSED",
        /// A task was done.
        TaskDone = "TASK_DONE",
        /// A task is no longer needed.
        TaskCancelled = "TASK_CANCELLED",
        /// A decision was proposed.
        DecisionProposed = "DECISION_PROPOSED",
        /// A decision got one more approval.
        DecisionApproved = "DECISION_APPROVED",
        /// A decision took effect.
        DecisionEffective = "DECISION_EFFECTIVE",
        /// A decision was overtaken.
        DecisionSuperseded = "DECISION_SUPERSEDED",
        /// A timer fired.
        TimerFired = "TIMER_FIRED",
        /// A timer is no longer needed.
        TimerCancelled = "TIMER_CANCELLED",
        /// A command moved to another state.
        CommandMoved = "COMMAND_MOVED",
        /// The material of a job order became ready, or is not ready any more, or lacks something else.
        ReadinessChanged = "READINESS_CHANGED",
    }
}

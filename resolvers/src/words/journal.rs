//! Words of the journal.

use super::mirror;

mirror! {
    /// What happened to a subject.
    ChangeKind of model::journal::ChangeKind {
        /// It was created, by configuration or by its first claim.
        Created,
        /// Its master data changed.
        Updated,
        /// A line reported another state.
        LineStateChanged,
        /// A line's report can not be trusted: its status turned bad, or good again.
        LineQualityChanged,
        /// A line's source fell silent: what is shown is the last known.
        LineStale,
        /// A line's source is heard again.
        LineLive,
        /// A line's counters were rolled up.
        LineCounted,
        /// A line runs another order.
        ActiveOrderChanged,
        /// A parameter crossed a limit, or came back.
        LimitCrossed,
        /// A parameter's quality changed.
        ParameterQualityChanged,
        /// A source is heard.
        SourceLive,
        /// A source fell silent.
        SourceStale,
        /// Values of a source may be missing for a stretch of time.
        SourceGap,
        /// A system claims something else than before.
        ClaimChanged,
        /// A system does not have a record any more.
        RecordAbsent,
        /// A record of a source was refused.
        DeadLettered,
        /// A refused record was applied after all.
        DeadLetterResolved,
        /// A hold was placed.
        HoldPlaced,
        /// A hold was released.
        HoldReleased,
        /// A case was opened.
        CaseOpened,
        /// A later signal joined an open case.
        CaseSignalJoined,
        /// Somebody took a case.
        CaseAcknowledged,
        /// A case was escalated.
        CaseEscalated,
        /// A case moved to another state.
        CaseMoved,
        /// A case was closed.
        CaseClosed,
        /// A task was done.
        TaskDone,
        /// A task is no longer needed.
        TaskCancelled,
        /// A decision was proposed.
        DecisionProposed,
        /// A decision got one more approval.
        DecisionApproved,
        /// A decision took effect.
        DecisionEffective,
        /// A decision was overtaken.
        DecisionSuperseded,
        /// A timer fired.
        TimerFired,
        /// A timer is no longer needed.
        TimerCancelled,
        /// A command moved to another state.
        CommandMoved,
        /// The material of a job order became ready, or is not ready any more, or lacks something else.
        ReadinessChanged,
    }
}

mirror! {
    /// Kind of a subject of the journal.
    SubjectType of model::SubjectType {
        /// An enterprise.
        Enterprise,
        /// A plant.
        Plant,
        /// An area.
        Area,
        /// A line.
        Line,
        /// A work unit.
        WorkUnit,
        /// A parameter of a line.
        Parameter,
        /// A material.
        Material,
        /// A material lot.
        MaterialLot,
        /// A hold.
        Hold,
        /// A production order.
        ProductionOrder,
        /// A job order.
        JobOrder,
        /// A source system.
        SourceSystem,
        /// The link of a system's own id to a subject. Not shown as a node.
        ExternalReference,
        /// A claim, in journals from before claims stood in the reference of their record.
        Claim,
        /// An exception case.
        Case,
        /// A task of a case.
        CaseTask,
        /// Evidence of a case.
        CaseEvidence,
        /// A decision on a case.
        CaseDecision,
        /// A transition of a case.
        CaseTransition,
        /// A timer. Not shown as a node.
        Timer,
        /// A command to a system of record.
        Command,
        /// A record that could not be applied.
        DeadLetter,
        /// A role that an account holds in a plant. Not shown as a node.
        RoleGrant,
        /// A storage location.
        StorageLocation,
        /// A class of materials.
        MaterialClass,
        /// A line of a bill of material.
        BillItem,
        /// A step of genealogy.
        LotLink,
        /// A job response.
        JobResponse,
        /// A staging task.
        StagingTask,
        /// A shipment.
        Shipment,
        /// An item of a shipment.
        ShipmentItem,
        /// A document.
        Document,
        /// A shift.
        Shift,
        /// A contradiction that somebody accepted.
        AcceptedDifference,
        /// An alarm of a device.
        Alarm,
    }
}

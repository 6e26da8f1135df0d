//! What can be asked for. Call sites ask for capabilities, never for roles.

use model::DecisionOption;

/// A capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Take a case.
    AcknowledgeCase,
    /// Complete a task.
    CompleteTask,
    /// Add evidence.
    AddEvidence,
    /// Decide this option on a case, or approve it.
    Decide(DecisionOption),
    /// Place a hold.
    PlaceHold,
    /// Release a hold.
    ReleaseHold,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 8] = [
        Self::AcknowledgeCase,
        Self::CompleteTask,
        Self::AddEvidence,
        Self::Decide(DecisionOption::Restart),
        Self::Decide(DecisionOption::ResequenceOrder),
        Self::Decide(DecisionOption::CallMaintenance),
        Self::PlaceHold,
        Self::ReleaseHold,
    ];

    /// The word for refusals and audits.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AcknowledgeCase => "ACKNOWLEDGE_CASE",
            Self::CompleteTask => "COMPLETE_TASK",
            Self::AddEvidence => "ADD_EVIDENCE",
            Self::Decide(DecisionOption::Restart) => "DECIDE_RESTART",
            Self::Decide(DecisionOption::ResequenceOrder) => "DECIDE_RESEQUENCE_ORDER",
            Self::Decide(DecisionOption::CallMaintenance) => "DECIDE_CALL_MAINTENANCE",
            Self::PlaceHold => "PLACE_HOLD",
            Self::ReleaseHold => "RELEASE_HOLD",
        }
    }
}

impl std::fmt::Display for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

//! What can be asked for. Call sites ask for capabilities, never for roles.

use model::DecisionOption;

/// A capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Take a case about a line that is down.
    AcknowledgeCase,
    /// Take a case about what systems say.
    AcknowledgeDispute,
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
    /// Pause, resume, replay and reset the streams of a system, and stop its commands.
    ManageIntegration,
}

impl Capability {
    /// Every capability.
    pub const ALL: [Self; 14] = [
        Self::AcknowledgeCase,
        Self::AcknowledgeDispute,
        Self::CompleteTask,
        Self::AddEvidence,
        Self::Decide(DecisionOption::Restart),
        Self::Decide(DecisionOption::ResequenceOrder),
        Self::Decide(DecisionOption::CallMaintenance),
        Self::Decide(DecisionOption::AcceptClaim),
        Self::Decide(DecisionOption::CorrectSource),
        Self::Decide(DecisionOption::AcceptDifference),
        Self::Decide(DecisionOption::ResumeSync),
        Self::PlaceHold,
        Self::ReleaseHold,
        Self::ManageIntegration,
    ];

    /// The word for refusals and audits.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AcknowledgeCase => "ACKNOWLEDGE_CASE",
            Self::AcknowledgeDispute => "ACKNOWLEDGE_DISPUTE",
            Self::CompleteTask => "COMPLETE_TASK",
            Self::AddEvidence => "ADD_EVIDENCE",
            Self::Decide(DecisionOption::Restart) => "DECIDE_RESTART",
            Self::Decide(DecisionOption::ResequenceOrder) => "DECIDE_RESEQUENCE_ORDER",
            Self::Decide(DecisionOption::CallMaintenance) => "DECIDE_CALL_MAINTENANCE",
            Self::Decide(DecisionOption::AcceptClaim) => "DECIDE_ACCEPT_CLAIM",
            Self::Decide(DecisionOption::CorrectSource) => "DECIDE_CORRECT_SOURCE",
            Self::Decide(DecisionOption::AcceptDifference) => "DECIDE_ACCEPT_DIFFERENCE",
            Self::Decide(DecisionOption::ResumeSync) => "DECIDE_RESUME_SYNC",
            Self::PlaceHold => "PLACE_HOLD",
            Self::ReleaseHold => "RELEASE_HOLD",
            Self::ManageIntegration => "MANAGE_INTEGRATION",
        }
    }
}

impl std::fmt::Display for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

//! The lifecycle of a case. Pure.

use model::CaseState;

/// What moves a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An owner was found.
    Assigned,
    /// The damage can not grow any more.
    Contained,
    /// A terminal decision took effect.
    Decided,
    /// The work on the decision began.
    Started,
    /// Everything decided is done, commands read back included.
    Executed,
    /// The effect was proved.
    Proved,
    /// It happened again before the effect was proved: a rework loop.
    Recurred,
    /// What the case was about ended by itself, without a decision.
    Settled,
    /// A system did not do what was decided, or nobody knows: a rework loop.
    Failed,
}

impl Event {
    /// The word for transitions and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "ASSIGNED",
            Self::Contained => "CONTAINED",
            Self::Decided => "DECIDED",
            Self::Started => "STARTED",
            Self::Executed => "EXECUTED",
            Self::Proved => "PROVED",
            Self::Recurred => "RECURRED",
            Self::Settled => "SETTLED",
            Self::Failed => "FAILED",
        }
    }
}

/// The state after an event; `None` when the event does not fit the state.
pub const fn next(state: CaseState, event: Event) -> Option<CaseState> {
    use CaseState::{Assigned, Closed, Contained, Decided, Detected, Executing, Verifying};
    match (state, event) {
        (Detected, Event::Assigned) => Some(Assigned),
        (Assigned, Event::Contained) => Some(Contained),
        (Assigned | Contained, Event::Decided) => Some(Decided),
        (Decided, Event::Started) => Some(Executing),
        (Executing, Event::Executed) => Some(Verifying),
        (Verifying, Event::Proved) | (Detected | Assigned | Contained, Event::Settled) => Some(Closed),
        (Verifying, Event::Recurred) | (Executing, Event::Failed) => Some(Assigned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use model::CaseState;
    use proptest::prelude::*;

    use super::{Event, next};

    const EVENTS: [Event; 9] = [
        Event::Assigned,
        Event::Contained,
        Event::Decided,
        Event::Started,
        Event::Executed,
        Event::Proved,
        Event::Recurred,
        Event::Settled,
        Event::Failed,
    ];

    proptest! {
        #[test]
        fn a_case_closes_by_itself_or_after_a_decision_was_executed_and_proved(choices in prop::collection::vec(0..EVENTS.len(), 0..60)) {
            let (mut state, mut path) = (CaseState::Detected, Vec::new());
            for choice in choices {
                if let Some(after) = next(state, EVENTS[choice]) {
                    path.push(EVENTS[choice]);
                    state = after;
                }
            }
            if state == CaseState::Closed && path.last() != Some(&Event::Settled) {
                let tail = &path[path.len() - 4..];
                prop_assert_eq!(tail, &[Event::Decided, Event::Started, Event::Executed, Event::Proved]);
                prop_assert_eq!(path.iter().filter(|event| **event == Event::Proved).count(), 1);
            }
        }
    }

    #[test]
    fn what_is_over_stays_over() {
        for state in [CaseState::Closed, CaseState::Cancelled] {
            for event in EVENTS {
                assert_eq!(next(state, event), None);
            }
        }
    }
}

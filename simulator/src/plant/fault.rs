//! Faults: what can go wrong on a line, and when it does.

use std::{ops::Range, time::Duration};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{LineId, State, StopReason, seed};

/// Seconds from one fault to the next, which strikes the other line: each line is struck every
/// two to four minutes.
const GAP_S: Range<u64> = 60..120;
/// A line produces at least this long before a fault strikes, so that it is seen to run.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// One thing that can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The state the line goes through on its way down.
    pub(super) into: State,
    pub(super) reason: StopReason,
}

const fn fault(into: State, number: i32, text: &'static str) -> Fault {
    Fault { into, reason: StopReason { number, text } }
}

/// What can go wrong. The first one is the first fault of every run: an abort, because it takes
/// the longest way back.
const CATALOG: [Fault; 8] = [
    fault(State::Aborting, 2101, "Emergency stop: guard door 3 open"),
    fault(State::Stopping, 2204, "Capper: closing torque out of range"),
    fault(State::Holding, 2310, "Labeller: label web broken"),
    fault(State::Aborting, 2117, "Filler: drive overload"),
    fault(State::Stopping, 2231, "Case packer: jam at infeed"),
    fault(State::Holding, 2342, "Filler: product level low"),
    fault(State::Stopping, 2208, "Checkweigher: five rejects in a row"),
    fault(State::Aborting, 2125, "Palletizer: light curtain interrupted"),
];

/// Says which line is struck next, and when. The lines take turns.
pub(super) struct FaultSchedule {
    rng: ChaCha8Rng,
    due: Duration,
    line: LineId,
    fault: Fault,
}

impl FaultSchedule {
    pub(super) fn new(seed: u64, first_after: Duration) -> Self {
        FaultSchedule {
            rng: ChaCha8Rng::seed_from_u64(seed ^ seed::FAULTS),
            due: first_after,
            line: LineId::One,
            fault: CATALOG[0],
        }
    }

    /// The line that is struck next.
    pub(super) fn line(&self) -> LineId {
        self.line
    }

    /// When the fault strikes a line that has been producing since `executing_since`. A fault that
    /// falls due while its line is not producing waits until it is.
    pub(super) fn strikes_at(&self, executing_since: Option<Duration>) -> Option<Duration> {
        executing_since.map(|since| self.due.max(since + SETTLED_AFTER))
    }

    /// Takes the fault that strikes now and schedules the next one.
    pub(super) fn strike(&mut self, at: Duration) -> Fault {
        let next = CATALOG[self.rng.random_range(0..CATALOG.len())];
        self.due = at + Duration::from_secs(self.rng.random_range(GAP_S));
        self.line = self.line.other();
        std::mem::replace(&mut self.fault, next)
    }
}

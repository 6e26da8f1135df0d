//! A living plant as a pure, seedable model: no clock, no task, no protocol.
//!
//! The plant is a discrete-event simulation. Time is handed in with [`Plant::tick`]; everything that
//! happened in that span comes back as [`Event`]s that carry their exact plant time. The same seed
//! and the same commands at the same plant times give the same events, however the time is cut
//! into ticks.

mod event;
mod fault;
mod line;
mod profile;
mod seed;
mod state;
#[cfg(test)]
mod tests;
mod walk;

use std::time::Duration;

pub use event::{Change, Event, StopReason};
pub use line::{Job, NotDown};
pub use profile::{Band, LineId, Profile};
pub use state::State;

use fault::FaultSchedule;
use line::Line;

/// How a plant behaves. All durations are plant time.
#[derive(Clone, Copy, Debug)]
pub struct PlantOptions {
    /// Decides everything that is random.
    pub seed: u64,
    /// When the first fault strikes line 1.
    pub first_fault_after: Duration,
    /// How long a line stays down before the operator on the floor restarts it.
    pub repair_time: Duration,
}

/// Two lines, their order queues, and the faults that strike them.
pub struct Plant {
    now: Duration,
    lines: [Line; 2],
    faults: FaultSchedule,
    /// What commands changed since the last tick. Small: a command changes a handful of values.
    pending: Vec<Event>,
}

/// Who has the next thing to do.
enum Due {
    Fault,
    Line(LineId),
}

impl Plant {
    /// A plant that is just being switched on: both lines are STOPPED and have no orders.
    pub fn new(options: &PlantOptions) -> Self {
        Plant {
            now: Duration::ZERO,
            lines: LineId::ALL.map(|line| Line::new(line, options)),
            faults: FaultSchedule::new(options.seed, options.first_fault_after),
            pending: Vec::new(),
        }
    }

    /// Plant time: how long the plant has been on.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The current value of everything, as if it had all just changed.
    pub fn snapshot(&self) -> Vec<Event> {
        self.lines.iter().flat_map(|line| line.snapshot(self.now)).collect()
    }

    /// Lets `elapsed` pass and returns what happened, in order.
    pub fn tick(&mut self, elapsed: Duration) -> Vec<Event> {
        let until = self.now + elapsed;
        let mut events = std::mem::take(&mut self.pending);
        loop {
            let (at, due) = self.next_due();
            if at > until {
                break;
            }
            self.now = at;
            match due {
                Due::Line(line) => self.lines[line.index()].fire(&mut events),
                Due::Fault => {
                    let line = self.faults.line();
                    let fault = self.faults.strike(at);
                    self.lines[line.index()].strike(at, fault, &mut events);
                }
            }
        }
        self.now = until;
        events
    }

    /// Puts an order at the end of a line's queue.
    pub fn enqueue(&mut self, line: LineId, job: Job) {
        self.lines[line.index()].enqueue(self.now, job);
    }

    /// Moves an order to the front of the queue of line `to`, with what has been made of it so far.
    /// An order that is running is taken off its line. Returns false, and changes nothing, when no
    /// other line has an unfinished order of this number.
    pub fn move_order(&mut self, number: &str, to: LineId) -> bool {
        let from = to.other();
        let Some(job) = self.lines[from.index()].take(self.now, number, &mut self.pending) else {
            return false;
        };
        self.lines[to.index()].enqueue_first(self.now, job);
        true
    }

    /// Takes an unfinished order off the line that has it. Nothing happens when none has.
    pub fn cancel_order(&mut self, number: &str) {
        for line in &mut self.lines {
            line.take(self.now, number, &mut self.pending);
        }
    }

    /// Restarts a line that is down after a fault.
    ///
    /// # Errors
    /// [`NotDown`] when the line does not stand after a fault.
    pub fn restart(&mut self, line: LineId) -> Result<(), NotDown> {
        self.lines[line.index()].restart(self.now, &mut self.pending)
    }

    /// The earliest thing that happens next. Both lines are sampled for ever, so there is always one.
    fn next_due(&self) -> (Duration, Due) {
        let [one, two] = [LineId::One, LineId::Two].map(|line| (self.lines[line.index()].next_due(), Due::Line(line)));
        let line = if two.0 < one.0 { two } else { one };
        let struck = &self.lines[self.faults.line().index()];
        match self.faults.strikes_at(struck.executing_since()) {
            Some(at) if at < line.0 => (at.max(self.now), Due::Fault),
            Some(_) | None => line,
        }
    }
}

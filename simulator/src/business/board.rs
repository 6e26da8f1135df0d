//! What can be seen of the floor from an office: lines and what they make.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

use crate::plant::{Change, Event, LineId, State};

/// Orders that are remembered: most of a day.
const JOBS_KEPT_MAX: usize = 1000;

/// The floor as it is now. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board(Arc<Mutex<Seen>>);

/// What is on the board.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) lines: [LineSeen; 2],
    /// By order number.
    pub(crate) jobs: BTreeMap<String, JobSeen>,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LineSeen {
    pub(crate) state: State,
    pub(crate) order: Option<String>,
    pub(crate) stop_reason: Option<String>,
}

/// What was made of an order so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JobSeen {
    pub(crate) line: LineId,
    pub(crate) good: u32,
    pub(crate) scrap: u32,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

impl Default for Seen {
    fn default() -> Self {
        let line = || LineSeen { state: State::Stopped, order: None, stop_reason: None };
        Seen { lines: [line(), line()], jobs: BTreeMap::new() }
    }
}

impl Board {
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what happened on the floor at wall time `at`.
    pub(crate) fn note(&self, event: &Event, at: DateTime<Utc>) {
        self.seen().note(event.line, &event.change, at);
    }
}

impl Seen {
    /// Notes what happened on a line.
    pub(crate) fn note(&mut self, id: LineId, change: &Change, at: DateTime<Utc>) {
        let line = &mut self.lines[id.index()];
        match change {
            Change::State(state) => line.state = *state,
            Change::StopReason(reason) => line.stop_reason = reason.map(|reason| reason.text.to_owned()),
            Change::ActiveOrder(number) => line.order.clone_from(number),
            Change::OrderStarted(number) => {
                let job = self.jobs.entry(number.clone());
                let new = JobSeen { line: id, good: 0, scrap: 0, started_at: at, ended_at: None };
                job.or_insert(new).line = id;
                self.forget_oldest();
            }
            Change::OrderFinished { number, good, scrap } => {
                if let Some(job) = self.jobs.get_mut(number) {
                    (job.good, job.scrap, job.ended_at) = (*good, *scrap, Some(at));
                }
            }
            Change::Good(count) => self.count(id, |job| job.good = *count),
            Change::Scrap(count) => self.count(id, |job| job.scrap = *count),
            Change::Speed(_) | Change::Temperature(_) | Change::Pressure(_) => {}
        }
    }

    /// The counters belong to the order that the line works on.
    fn count(&mut self, id: LineId, set: impl FnOnce(&mut JobSeen)) {
        let order = self.lines[id.index()].order.as_ref();
        let job = order.and_then(|number| self.jobs.get_mut(number));
        if let Some(job) = job.filter(|job| job.ended_at.is_none()) {
            set(job);
        }
    }

    fn forget_oldest(&mut self) {
        while self.jobs.len() > JOBS_KEPT_MAX {
            self.jobs.pop_first();
        }
    }
}

//! One line: its state, the order it works on, and the timers that move both.

use std::{collections::VecDeque, ops::RangeInclusive, time::Duration};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Change, Event, LineId, PlantOptions, Profile, State, StopReason, fault::Fault, seed, walk::Walk};

/// Milliseconds a line takes to pass through a state it does not stay in. More than the publishing
/// interval of a client, so that a person can follow; far less than any downtime threshold.
const PASSING_MS: RangeInclusive<u64> = 300..=1000;
/// Time between two samples of the process values.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);
/// Largest deviation of the speed from its nominal value, as a share of it.
const SPEED_JITTER: f64 = 0.03;

/// An order as the floor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The order's number.
    pub number: String,
    /// Good pieces to make.
    pub quantity: u32,
    /// Good pieces that have already been made, on whatever line.
    pub good: u32,
    /// Pieces that have already been scrapped.
    pub scrap: u32,
}

/// A restart of a line that does not stand after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the line is not down after a fault")]
pub struct NotDown;

/// A line; see [`super::Plant`], which owns the time.
pub(super) struct Line {
    id: LineId,
    profile: Profile,
    repair_time: Duration,
    rng: ChaCha8Rng,
    state: State,
    /// When the line leaves its state by itself; none while it produces or waits for an order.
    leaves_at: Option<Duration>,
    executing_since: Option<Duration>,
    /// When the next piece is finished; none unless the line produces.
    piece_at: Option<Duration>,
    sample_at: Duration,
    speed_per_min: f64,
    /// The fault the line stands for, until somebody restarts it.
    down: Option<Fault>,
    /// What the operator's panel shows; outlives `down` until the line has been reset.
    stop_reason: Option<StopReason>,
    temperature: Walk,
    pressure: Walk,
    active: Option<Job>,
    /// Bounded by the orders that the business system keeps open.
    queue: VecDeque<Job>,
}

/// What a line does next by itself.
enum Timer {
    Leave,
    Piece,
    Sample,
}

impl Line {
    pub(super) fn new(id: LineId, options: &PlantOptions) -> Self {
        let profile = id.profile();
        let salt = seed::LINES + id.index() as u64;
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed ^ salt);
        let temperature = Walk::with_excursions(profile.temperature, &mut rng);
        let first_step = passing_time(&mut rng);
        Line {
            id,
            profile,
            repair_time: options.repair_time,
            rng,
            state: State::Stopped,
            leaves_at: Some(first_step),
            executing_since: None,
            piece_at: None,
            sample_at: SAMPLE_INTERVAL,
            speed_per_min: 0.0,
            down: None,
            stop_reason: None,
            temperature,
            pressure: Walk::steady(profile.pressure),
            active: None,
            queue: VecDeque::new(),
        }
    }

    /// Since when the line has been producing; none while it does not.
    pub(super) fn executing_since(&self) -> Option<Duration> {
        self.executing_since
    }

    /// When [`Line::fire`] has something to do next.
    pub(super) fn next_due(&self) -> Duration {
        self.next_timer().0
    }

    /// Does what [`Line::next_due`] announced.
    pub(super) fn fire(&mut self, events: &mut Vec<Event>) {
        let (at, timer) = self.next_timer();
        match timer {
            Timer::Leave => self.leave(at, events),
            Timer::Piece => self.finish_piece(at, events),
            Timer::Sample => self.sample(at, events),
        }
    }

    /// The fault brings the producing line down.
    pub(super) fn strike(&mut self, at: Duration, fault: Fault, events: &mut Vec<Event>) {
        self.down = Some(fault);
        // The reason comes first: whoever sees the line go down can already read why.
        self.show_stop_reason(at, Some(fault.reason), events);
        self.enter(at, fault.into, events);
    }

    /// Somebody restarts the line.
    pub(super) fn restart(&mut self, at: Duration, events: &mut Vec<Event>) -> Result<(), NotDown> {
        if self.down.is_none() || !self.state.waits_after_fault() {
            return Err(NotDown);
        }
        self.leave(at, events);
        Ok(())
    }

    /// Puts an order at the end of the queue.
    pub(super) fn enqueue(&mut self, at: Duration, job: Job) {
        self.queue.push_back(job);
        self.wake(at);
    }

    /// Puts an order at the front of the queue.
    pub(super) fn enqueue_first(&mut self, at: Duration, job: Job) {
        self.queue.push_front(job);
        self.wake(at);
    }

    /// Takes an unfinished order off the line, running or queued, with what was made of it.
    pub(super) fn take(&mut self, at: Duration, number: &str, events: &mut Vec<Event>) -> Option<Job> {
        if let Some(position) = self.queue.iter().position(|job| job.number == number) {
            return self.queue.remove(position);
        }
        let job = self.active.take_if(|job| job.number == number && job.good < job.quantity)?;
        self.show_order(at, events);
        match self.state {
            State::Execute => self.enter(at, State::Completing, events),
            // Nothing left to produce: these must not arrive in EXECUTE.
            State::Starting | State::Unholding | State::Unsuspending => {
                self.enter(at, State::Stopping, events);
            }
            State::Clearing
            | State::Stopped
            | State::Idle
            | State::Suspended
            | State::Stopping
            | State::Aborting
            | State::Aborted
            | State::Holding
            | State::Held
            | State::Suspending
            | State::Resetting
            | State::Completing
            | State::Complete => {}
        }
        Some(job)
    }

    /// The current value of everything.
    pub(super) fn snapshot(&self, at: Duration) -> Vec<Event> {
        let job = self.active.as_ref();
        [
            Change::StopReason(self.stop_reason),
            Change::State(self.state),
            Change::Speed(self.speed_per_min),
            Change::ActiveOrder(job.map(|job| job.number.clone())),
            Change::Good(job.map_or(0, |job| job.good)),
            Change::Scrap(job.map_or(0, |job| job.scrap)),
            Change::Temperature(self.temperature.value()),
            Change::Pressure(self.pressure.value()),
        ]
        .into_iter()
        .map(|change| Event { at, line: self.id, change })
        .collect()
    }

    fn next_timer(&self) -> (Duration, Timer) {
        let mut next = (self.sample_at, Timer::Sample);
        // On a tie the later entry wins: a state is left before anything else happens in it.
        for (at, timer) in [(self.piece_at, Timer::Piece), (self.leaves_at, Timer::Leave)] {
            if let Some(at) = at
                && at <= next.0
            {
                next = (at, timer);
            }
        }
        next
    }

    /// Goes on from the current state.
    fn leave(&mut self, at: Duration, events: &mut Vec<Event>) {
        if self.state.waits_after_fault() {
            self.down = None;
        }
        if self.state == State::Idle && !self.take_up_order(at, events) {
            self.leaves_at = None;
        } else if self.state == State::Held && self.active.is_none() {
            // Its order has been moved to the other line: there is nothing to return to.
            self.enter(at, State::Stopping, events);
        } else {
            self.enter(at, self.state.onward(), events);
        }
    }

    fn enter(&mut self, at: Duration, next: State, events: &mut Vec<Event>) {
        debug_assert!(self.state.may_enter(next), "{:?} -> {next:?}", self.state);
        let produced = self.state == State::Execute;
        self.state = next;
        self.leaves_at = self.stays_for(next).map(|stay| at + stay);
        self.report(at, Change::State(next), events);
        if produced {
            self.stop_producing(at, events);
        }
        if next == State::Execute {
            self.start_producing(at, events);
        } else if next == State::Resetting {
            self.reset(at, events);
        } else if next == State::Unholding {
            self.show_stop_reason(at, None, events);
        }
    }

    /// How long the line stays in a state by itself; none when something else ends it.
    fn stays_for(&mut self, state: State) -> Option<Duration> {
        if state == State::Execute {
            None
        } else if state.waits_after_fault() && self.down.is_some() {
            Some(self.repair_time)
        } else {
            Some(passing_time(&mut self.rng))
        }
    }

    fn start_producing(&mut self, at: Duration, events: &mut Vec<Event>) {
        self.executing_since = Some(at);
        self.speed_per_min = self.profile.pieces_per_min;
        self.piece_at = Some(at + piece_interval(self.speed_per_min));
        self.report(at, Change::Speed(self.speed_per_min), events);
    }

    fn stop_producing(&mut self, at: Duration, events: &mut Vec<Event>) {
        self.executing_since = None;
        self.piece_at = None;
        self.speed_per_min = 0.0;
        self.report(at, Change::Speed(0.0), events);
    }

    fn finish_piece(&mut self, at: Duration, events: &mut Vec<Event>) {
        let scrapped = self.rng.random_bool(self.profile.scrap_share);
        let job = self.active.as_mut().expect("a line that produces has an order");
        let change = if scrapped {
            job.scrap += 1;
            Change::Scrap(job.scrap)
        } else {
            job.good += 1;
            Change::Good(job.good)
        };
        let finished = (job.good >= job.quantity).then(|| Change::OrderFinished {
            number: job.number.clone(),
            good: job.good,
            scrap: job.scrap,
        });
        self.report(at, change, events);
        match finished {
            Some(change) => {
                self.report(at, change, events);
                self.enter(at, State::Completing, events);
            }
            None => self.piece_at = Some(at + piece_interval(self.speed_per_min)),
        }
    }

    fn sample(&mut self, at: Duration, events: &mut Vec<Event>) {
        self.sample_at = at + SAMPLE_INTERVAL;
        let temperature = self.temperature.sample(at, &mut self.rng);
        self.report(at, Change::Temperature(temperature), events);
        let pressure = self.pressure.sample(at, &mut self.rng);
        self.report(at, Change::Pressure(pressure), events);
        if self.state == State::Execute {
            let jitter = self.rng.random_range(-SPEED_JITTER..=SPEED_JITTER);
            self.speed_per_min = (self.profile.pieces_per_min * (1.0 + jitter) * 10.0).round() / 10.0;
            self.report(at, Change::Speed(self.speed_per_min), events);
        }
    }

    /// Back to a known condition: the reason of the stop is gone, and so is a finished order.
    fn reset(&mut self, at: Duration, events: &mut Vec<Event>) {
        self.show_stop_reason(at, None, events);
        if self.active.take_if(|job| job.good >= job.quantity).is_some() {
            self.show_order(at, events);
        }
    }

    /// Makes sure that there is an order to produce.
    fn take_up_order(&mut self, at: Duration, events: &mut Vec<Event>) -> bool {
        if self.active.is_some() {
            return true;
        }
        self.active = self.queue.pop_front();
        let Some(number) = self.active.as_ref().map(|job| job.number.clone()) else {
            return false;
        };
        self.show_order(at, events);
        self.report(at, Change::OrderStarted(number), events);
        true
    }

    /// Shows the active order, or that there is none, and its counters.
    fn show_order(&mut self, at: Duration, events: &mut Vec<Event>) {
        let (number, good, scrap) = match &self.active {
            Some(job) => (Some(job.number.clone()), job.good, job.scrap),
            None => (None, 0, 0),
        };
        self.report(at, Change::ActiveOrder(number), events);
        self.report(at, Change::Good(good), events);
        self.report(at, Change::Scrap(scrap), events);
    }

    fn show_stop_reason(&mut self, at: Duration, reason: Option<StopReason>, events: &mut Vec<Event>) {
        if self.stop_reason != reason {
            self.stop_reason = reason;
            self.report(at, Change::StopReason(reason), events);
        }
    }

    /// An idle line that had nothing to do has something to do.
    fn wake(&mut self, at: Duration) {
        if self.state == State::Idle && self.leaves_at.is_none() {
            self.leaves_at = Some(at);
        }
    }

    fn report(&self, at: Duration, change: Change, events: &mut Vec<Event>) {
        events.push(Event { at, line: self.id, change });
    }
}

fn passing_time(rng: &mut ChaCha8Rng) -> Duration {
    Duration::from_millis(rng.random_range(PASSING_MS))
}

fn piece_interval(pieces_per_min: f64) -> Duration {
    Duration::from_secs_f64(60.0 / pieces_per_min)
}

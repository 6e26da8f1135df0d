//! The one simulated world: lets time pass, and carries news between the floor, the controllers and
//! the ERP.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::{
    Error, SimulatorOptions,
    business::board::Board,
    clock::{Pace, wall_now},
    erp::{Confirmation, Desk, Dispatch},
    opcua::Publisher,
    plant::{Change, Event, LineId, NotDown, Plant},
};

/// Real time between two ticks: how late a change can be published. Its source time is exact.
const TICK: Duration = Duration::from_millis(20);

/// The plant, shared between the passing of time and the method calls of OPC UA clients.
#[derive(Clone)]
pub(crate) struct Floor(Arc<Mutex<Plant>>);

impl Floor {
    pub(crate) fn new(plant: Plant) -> Self {
        Floor(Arc::new(Mutex::new(plant)))
    }

    /// Restarts a line, as somebody who pushes its button would.
    pub(crate) fn restart(&self, line: LineId) -> Result<(), NotDown> {
        self.plant().restart(line)
    }

    /// The plant, exclusively; never held together with the ERP's data.
    fn plant(&self) -> MutexGuard<'_, Plant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that time moves.
pub(crate) struct World {
    floor: Floor,
    desk: Desk,
    publisher: Publisher,
    /// Where offices see the floor.
    board: Board,
    confirmation_delay: Duration,
    pace: Pace,
    /// What the floor has yet to confirm, and when: two entries for each order of the delay.
    confirmations: VecDeque<(Duration, Confirmation)>,
}

impl World {
    /// Puts the world together and shows its first state to the controllers. Its time starts now.
    pub(crate) fn new(
        options: &SimulatorOptions,
        floor: Floor,
        desk: Desk,
        mut publisher: Publisher,
        board: Board,
    ) -> Self {
        let pace = Pace::start(options.speed, Instant::now(), wall_now());
        for event in floor.plant().snapshot() {
            publisher.publish(&event, pace.wall_time(event.at));
            board.note(&event, pace.wall_time(event.at));
        }
        World {
            floor,
            desk,
            publisher,
            board,
            confirmation_delay: options.confirmation_delay,
            pace,
            confirmations: VecDeque::new(),
        }
    }

    /// Lets time pass until cancelled.
    pub(crate) async fn run(mut self, cancel: CancellationToken) -> Result<(), Error> {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                _ = ticks.tick() => self.tick(),
            }
        }
    }

    fn tick(&mut self) {
        let elapsed = self.pace.step(Instant::now(), wall_now());
        let (events, now) = {
            let mut plant = self.floor.plant();
            (plant.tick(elapsed), plant.now())
        };
        for event in &events {
            self.publisher.publish(event, self.pace.wall_time(event.at));
            self.board.note(event, self.pace.wall_time(event.at));
            if let Some(confirmation) = confirmation(event) {
                self.confirmations.push_back((event.at + self.confirmation_delay, confirmation));
            }
        }
        let dispatches = self.run_erp(now);
        self.tell_floor(dispatches);
    }

    /// Brings the ERP up to plant time `now`, and returns what it tells the floor.
    fn run_erp(&mut self, now: Duration) -> Vec<Dispatch> {
        let mut book = self.desk.book();
        while let Some((_, confirmation)) = self.confirmations.pop_front_if(|(due, _)| *due <= now) {
            book.confirm(&confirmation, wall_now());
        }
        book.dispatch(wall_now())
    }

    fn tell_floor(&self, dispatches: Vec<Dispatch>) {
        if dispatches.is_empty() {
            return;
        }
        let mut plant = self.floor.plant();
        for dispatch in dispatches {
            match dispatch {
                Dispatch::Release { line, job } => plant.enqueue(line, job),
                Dispatch::Move { number, to } => {
                    if !plant.move_order(&number, to) {
                        debug!(number, to = to.code(), "the order to move is finished or there already");
                    }
                }
                Dispatch::Cancel { number } => plant.cancel_order(&number),
            }
        }
    }
}

/// What the ERP hears of an event, if anything.
fn confirmation(event: &Event) -> Option<Confirmation> {
    match &event.change {
        Change::OrderStarted(number) => Some(Confirmation::Started { number: number.clone() }),
        Change::OrderFinished { number, good, scrap: _ } => {
            Some(Confirmation::Finished { number: number.clone(), good: *good })
        }
        Change::State(_)
        | Change::StopReason(_)
        | Change::Speed(_)
        | Change::Good(_)
        | Change::Scrap(_)
        | Change::Temperature(_)
        | Change::Pressure(_)
        | Change::ActiveOrder(_) => None,
    }
}

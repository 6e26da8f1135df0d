//! Plant time and wall time.

use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// More than this between the wall clock and our count of it is a step, a suspend or a stall.
const DRIFT_MAX: TimeDelta = TimeDelta::seconds(1);
/// Longest span of real time that one step lets pass in the plant. After a longer stall the plant
/// goes on from where it stood, instead of replaying hours in a burst.
const STALL_MAX: Duration = Duration::from_secs(5);

/// The wall clock, in microseconds: what the systems it is sent to can store.
// The simulated world stands outside the product: nobody else's clock could be handed to it.
#[expect(clippy::disallowed_methods, reason = "the one place where the simulator reads the clock")]
pub(crate) fn wall_now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Turns passing real time into plant time, and plant time into wall time.
pub(crate) struct Pace {
    speed: f64,
    last: Instant,
    plant_time: Duration,
    /// Wall time of plant time zero, moved when the wall clock and the plant drift apart.
    origin: DateTime<Utc>,
}

impl Pace {
    /// Plant time starts now and runs `speed` times as fast as real time.
    pub(crate) fn start(speed: f64, now: Instant, wall: DateTime<Utc>) -> Self {
        Pace { speed, last: now, plant_time: Duration::ZERO, origin: wall }
    }

    /// How much plant time has passed since the last step.
    pub(crate) fn step(&mut self, now: Instant, wall: DateTime<Utc>) -> Duration {
        let real = now.saturating_duration_since(self.last).min(STALL_MAX);
        self.last = now;
        let elapsed = real.mul_f64(self.speed);
        self.plant_time += elapsed;
        let drift = wall - self.wall_time(self.plant_time);
        if drift.abs() > DRIFT_MAX {
            self.origin += drift;
        }
        elapsed
    }

    /// The wall time at which plant time `at` was, or would have been.
    pub(crate) fn wall_time(&self, at: Duration) -> DateTime<Utc> {
        let real = TimeDelta::from_std(at.div_f64(self.speed)).unwrap_or(TimeDelta::MAX);
        (self.origin + real).trunc_subsecs(6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plant_time_runs_at_its_speed_and_maps_back_to_wall_time() {
        let (start, wall) = (Instant::now(), wall_now());
        let mut pace = Pace::start(4.0, start, wall);
        let second = Duration::from_secs(1);
        assert_eq!(pace.step(start + second, wall + second), 4 * second);
        assert_eq!(pace.wall_time(2 * second), wall + Duration::from_millis(500));
    }

    #[test]
    fn after_a_stall_the_plant_goes_on_where_it_stood_with_the_time_of_now() {
        let (start, wall) = (Instant::now(), wall_now());
        let mut pace = Pace::start(1.0, start, wall);
        let hour = Duration::from_secs(3600);
        assert_eq!(pace.step(start + hour, wall + hour), STALL_MAX);
        assert_eq!(pace.wall_time(STALL_MAX), wall + hour);
        // The wall clock is set back: times follow it.
        let minute = Duration::from_secs(60);
        pace.step(start + hour, wall + hour - minute);
        assert_eq!(pace.wall_time(STALL_MAX), wall + hour - minute);
    }
}

//! Comparing two things fairly: in turns, so that whatever else the machine does hits both.

use std::time::{Duration, Instant};

/// Rounds of a comparison; the first warms up and is not counted.
const ROUNDS: usize = 8;

/// How often per second something happened.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// The median of the rounds.
    pub median: f64,
    /// The slowest round.
    pub lowest: f64,
    /// The fastest round.
    pub highest: f64,
}

/// Runs `ours` and `floor` in turns; each does `count` things a round. Returns their rates.
pub async fn compare(count: usize, mut ours: impl AsyncFnMut(), mut floor: impl AsyncFnMut()) -> (Rate, Rate) {
    let (mut our_times, mut floor_times) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Who goes first changes: the second may find a disk that is still busy with the first.
        let (mine, other) = if round % 2 == 0 {
            let mine = time(&mut ours).await;
            (mine, time(&mut floor).await)
        } else {
            let other = time(&mut floor).await;
            (time(&mut ours).await, other)
        };
        if round > 0 {
            our_times.push(mine);
            floor_times.push(other);
        }
    }
    (rate(count, our_times), rate(count, floor_times))
}

async fn time(work: &mut impl AsyncFnMut()) -> Duration {
    let begun = Instant::now();
    work().await;
    begun.elapsed()
}

fn rate(count: usize, mut times: Vec<Duration>) -> Rate {
    times.sort();
    let per_second = |time: &Duration| count as f64 / time.as_secs_f64();
    Rate {
        median: per_second(&times[times.len() / 2]),
        lowest: per_second(times.last().unwrap()),
        highest: per_second(&times[0]),
    }
}

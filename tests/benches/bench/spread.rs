//! How times are spread.

use std::time::Duration;

/// The spread of many times.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// Half of them are not longer.
    pub p50: Duration,
    /// 99 of 100 are not longer.
    pub p99: Duration,
    /// None is longer.
    pub longest: Duration,
}

/// The spread of these times, of which there is at least one.
pub fn spread(mut times: Vec<Duration>) -> Spread {
    times.sort();
    let at = |percent: usize| times[(times.len() * percent).div_ceil(100) - 1];
    Spread { p50: at(50), p99: at(99), longest: at(100) }
}

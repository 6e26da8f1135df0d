//! A process value: a bounded random walk that is pulled towards its set point.

use std::{ops::Range, time::Duration};

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::profile::Band;

/// Share of the distance to its target that a value makes good with each sample. At one sample a
/// second, an excursion crosses the limit after roughly eight seconds.
const PULL_PER_SAMPLE: f64 = 0.15;
/// How far beyond the upper limit an excursion aims, as a share of the distance from set point to
/// limit: enough to stay above it for a while in spite of the noise.
const OVERSHOOT_SHARE: f64 = 0.5;
/// Seconds an excursion lasts before the controller catches it.
const EXCURSION_S: Range<u64> = 15..30;
/// Seconds between one excursion and the next.
const EXCURSION_GAP_S: Range<u64> = 120..360;

/// One process value over time.
pub(super) struct Walk {
    band: Band,
    value: f64,
    excursions: Option<Excursions>,
}

enum Excursions {
    Due(Duration),
    Until(Duration),
}

impl Walk {
    /// A value that stays within its band.
    pub(super) fn steady(band: Band) -> Self {
        Walk { band, value: band.set_point, excursions: None }
    }

    /// A value that leaves its band now and then.
    pub(super) fn with_excursions(band: Band, rng: &mut ChaCha8Rng) -> Self {
        let first = Duration::from_secs(rng.random_range(EXCURSION_GAP_S));
        Walk { band, value: band.set_point, excursions: Some(Excursions::Due(first)) }
    }

    /// The latest value, rounded as a sensor would.
    pub(super) fn value(&self) -> f64 {
        (self.value * 100.0).round() / 100.0
    }

    /// Takes the next sample at plant time `at`.
    pub(super) fn sample(&mut self, at: Duration, rng: &mut ChaCha8Rng) -> f64 {
        let target = if self.excursion(at, rng) { self.ceiling() } else { self.band.set_point };
        let step = rng.random_range(-self.band.noise..=self.band.noise);
        self.value += (target - self.value) * PULL_PER_SAMPLE + step;
        self.value = self.value.clamp(self.band.low, self.ceiling());
        self.value()
    }

    fn excursion(&mut self, at: Duration, rng: &mut ChaCha8Rng) -> bool {
        match self.excursions {
            Some(Excursions::Due(due)) if at >= due => {
                let lasts = Duration::from_secs(rng.random_range(EXCURSION_S));
                self.excursions = Some(Excursions::Until(at + lasts));
            }
            Some(Excursions::Until(until)) if at >= until => {
                let gap = Duration::from_secs(rng.random_range(EXCURSION_GAP_S));
                self.excursions = Some(Excursions::Due(at + gap));
            }
            Some(Excursions::Due(_) | Excursions::Until(_)) | None => {}
        }
        matches!(self.excursions, Some(Excursions::Until(_)))
    }

    /// The value can never be above this; only a value with excursions can be above its limit.
    fn ceiling(&self) -> f64 {
        match self.excursions {
            Some(_) => self.band.high + (self.band.high - self.band.set_point) * OVERSHOOT_SHARE,
            None => self.band.high,
        }
    }
}

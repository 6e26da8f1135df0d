//! How far a value may be trusted.

use crate::word::words;

words! {
    /// Quality of a value, from the two severity bits of its OPC UA StatusCode (Part 4, 7.39).
    Quality {
        /// Severity 00.
        Good = "GOOD",
        /// Severity 01: usable with care.
        Uncertain = "UNCERTAIN",
        /// Severity 10 or 11: never shown as a value.
        Bad = "BAD",
    }
}

impl Quality {
    /// The quality of a full 32-bit StatusCode.
    pub const fn of_status(status: u32) -> Self {
        match status >> 30 {
            0 => Self::Good,
            1 => Self::Uncertain,
            _ => Self::Bad,
        }
    }
}

words! {
    /// Whether a value is kept current by its source. Stale is not idle, and no data is not zero.
    Freshness {
        /// The source never told.
        Unknown = "UNKNOWN",
        /// The source is connected and reports changes.
        Live = "LIVE",
        /// The source fell silent; the value is the last known.
        Stale = "STALE",
    }
}

impl Freshness {
    /// Whether a value of this freshness and quality may be shown as a present one; otherwise it is the last known.
    pub const fn is_current(self, quality: Quality) -> bool {
        matches!(self, Self::Live) && !matches!(quality, Quality::Bad)
    }
}

words! {
    /// Where a parameter stands against its limits.
    LimitState {
        /// Below the low limit.
        Low = "LOW",
        /// Within the limits.
        Within = "WITHIN",
        /// Above the high limit.
        High = "HIGH",
    }
}

impl LimitState {
    /// Where `value` stands; a limit itself is within.
    pub fn of(value: f64, low: Option<f64>, high: Option<f64>) -> Self {
        if low.is_some_and(|low| value < low) {
            Self::Low
        } else if high.is_some_and(|high| value > high) {
            Self::High
        } else {
            Self::Within
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quality;

    #[test]
    fn severity_bits_decide() {
        assert_eq!(Quality::of_status(0x0000_0000), Quality::Good);
        assert_eq!(Quality::of_status(0x0000_0480), Quality::Good, "an overflow bit does not make a value bad");
        assert_eq!(Quality::of_status(0x40A4_0000), Quality::Uncertain);
        assert_eq!(Quality::of_status(0x808A_0000), Quality::Bad);
        assert_eq!(Quality::of_status(0xC000_0000), Quality::Bad);
    }
}

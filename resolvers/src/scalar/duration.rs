//! Durations.

use std::fmt::Write;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

const MS_PER_SECOND: i64 = 1_000;
const MS_PER_MINUTE: i64 = 60 * MS_PER_SECOND;
const MS_PER_HOUR: i64 = 60 * MS_PER_MINUTE;

/// A duration in milliseconds, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(i64);

impl Duration {
    /// A duration of so many milliseconds.
    pub fn of_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds.max(0))
    }
}

/// A stretch of time as ISO 8601 text, in hours, minutes and seconds: `PT1H30M`, `PT2.5S`, `PT0S`. Only given, never taken.
#[Scalar(name = "Duration", specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#dayTimeDuration")]
impl ScalarType for Duration {
    fn parse(_: Value) -> InputValueResult<Self> {
        Err(InputValueError::custom("the graph takes no durations"))
    }

    fn to_value(&self) -> Value {
        let Self(total) = *self;
        let (hours, minutes) = (total / MS_PER_HOUR, total % MS_PER_HOUR / MS_PER_MINUTE);
        let (seconds, milliseconds) = (total % MS_PER_MINUTE / MS_PER_SECOND, total % MS_PER_SECOND);
        let mut text = String::from("PT");
        let mut part = |value: i64, unit| {
            if value > 0 {
                let _ = write!(text, "{value}{unit}");
            }
        };
        part(hours, 'H');
        part(minutes, 'M');
        if milliseconds > 0 {
            let fraction = format!("{milliseconds:03}");
            let _ = write!(text, "{seconds}.{}S", fraction.trim_end_matches('0'));
        } else if seconds > 0 || total == 0 {
            let _ = write!(text, "{seconds}S");
        }
        Value::String(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_in_their_largest_units() {
        for (milliseconds, text) in [
            (0, "PT0S"),
            (-5, "PT0S"),
            (2_500, "PT2.5S"),
            (60_000, "PT1M"),
            (5_400_000, "PT1H30M"),
            (90_061_001, "PT25H1M1.001S"),
            (3_600_050, "PT1H0.05S"),
        ] {
            assert_eq!(Duration::of_milliseconds(milliseconds).to_value(), Value::from(text));
        }
    }
}

//! Durations as people write them: `250ms`, `5s`, `1m30s`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

const REMEDY: &str = r#"write a number and a unit, such as "250ms", "5s", "1m30s" or "2h""#;

/// Reads a duration for serde.
pub(crate) fn humane<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer).map_err(|error| de::Error::custom(format!("{error}: {REMEDY}")))?;
    parse(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no duration: {REMEDY}")))
}

/// Reads a duration that may be missing.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    humane(deserializer).map(Some)
}

/// One or more numbers, each with its unit; the sum of them.
fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let unit_length = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_length);
        let milliseconds: u64 = match unit.trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        let amount = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
        total = total.checked_add(Duration::from_millis(amount))?;
        rest = tail;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse("5s"), Some(Duration::from_secs(5)));
        assert_eq!(parse(" 1m30s "), Some(Duration::from_secs(90)));
        assert_eq!(parse("2h"), Some(Duration::from_secs(7200)));
        assert_eq!(parse("0s"), Some(Duration::ZERO));
    }

    #[test]
    fn refuses_everything_else() {
        for text in ["", " ", "5", "s", "5 parsecs", "-5s", "1.5s", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}

//! Times as OData and SAP write them.
//!
//! An `Edm.DateTime` of V2 is a *local* date or time that is written as if it were UTC: the day that it shows is meant, in
//! whatever zone the system works, and it is never shifted.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// A point in time: `/Date(ms)/`, `/Date(ms+offset)/` (V2: the milliseconds are UTC, the offset only tells where it was
/// written), or RFC 3339 (V4).
///
/// # Errors
/// What is wrong with the text.
pub fn datetime(text: &str) -> Result<DateTime<Utc>, String> {
    let wrong = || format!("{text:?} is no point in time");
    match milliseconds(text) {
        Some(milliseconds) => DateTime::from_timestamp_millis(milliseconds).ok_or_else(wrong),
        None => text.parse::<DateTime<Utc>>().map_err(|_| wrong()),
    }
}

/// A local date and time without a zone: `/Date(ms)/` or `2026-11-22T06:00:00`.
///
/// # Errors
/// What is wrong with the text.
pub fn naive(text: &str) -> Result<NaiveDateTime, String> {
    let wrong = || format!("{text:?} is no local time");
    match milliseconds(text) {
        Some(milliseconds) => DateTime::from_timestamp_millis(milliseconds).map(|at| at.naive_utc()).ok_or_else(wrong),
        None => text.trim_end_matches('Z').parse().map_err(|_| wrong()),
    }
}

/// A date of a calendar: `/Date(ms)/`, of which the day in UTC is the one that is meant, or `2026-11-22`.
///
/// # Errors
/// What is wrong with the text.
pub fn date(text: &str) -> Result<NaiveDate, String> {
    let wrong = || format!("{text:?} is no date");
    match milliseconds(text) {
        Some(milliseconds) => DateTime::from_timestamp_millis(milliseconds).map(|at| at.date_naive()).ok_or_else(wrong),
        None => text.get(..10).unwrap_or(text).parse().map_err(|_| wrong()),
    }
}

/// A time of day: `PT06H05M00S` (V2) or `06:05:00` (V4).
///
/// # Errors
/// What is wrong with the text.
pub fn time(text: &str) -> Result<NaiveTime, String> {
    let wrong = || format!("{text:?} is no time of day");
    let Some(mut rest) = text.strip_prefix("PT") else { return text.parse().map_err(|_| wrong()) };
    let mut seconds = 0_i64;
    for (unit, weight) in [('H', 3_600), ('M', 60), ('S', 1)] {
        if let Some((number, tail)) = rest.split_once(unit) {
            // SAP writes whole seconds; a fraction would be below anything that a plan says.
            let number: i64 = number.split('.').next().unwrap_or_default().parse().map_err(|_| wrong())?;
            seconds += number * weight;
            rest = tail;
        }
    }
    let day = (0..86_400).contains(&seconds) && rest.is_empty() && text.len() > 2;
    day.then(|| NaiveTime::MIN + TimeDelta::seconds(seconds)).ok_or_else(wrong)
}

/// A stamp of fourteen digits, `20261122061500`: SAP writes it in UTC.
///
/// # Errors
/// What is wrong with the text.
pub fn stamp(text: &str) -> Result<DateTime<Utc>, String> {
    let wrong = || format!("{text:?} is no stamp of fourteen digits");
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").map(|at| at.and_utc()).map_err(|_| wrong())
}

/// Writes a stamp of fourteen digits.
pub fn to_stamp(at: DateTime<Utc>) -> String {
    at.format("%Y%m%d%H%M%S").to_string()
}

/// The milliseconds of `/Date(…)/`.
fn milliseconds(text: &str) -> Option<i64> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    // The sign of an offset is not the first character; that one belongs to the milliseconds.
    let end = inner.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-')).map_or(inner.len(), |(at, _)| at);
    inner[end..].chars().skip(1).all(|c| c.is_ascii_digit()).then_some(())?;
    inner[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_stays_its_day() {
        // 2026-11-22 and, far west or east, still 2026-11-22.
        for text in ["/Date(1795305600000)/", "/Date(1795305600000+0000)/", "/Date(1795305600000-0480)/", "2026-11-22"]
        {
            assert_eq!(date(text).unwrap().to_string(), "2026-11-22", "{text}");
        }
        assert_eq!(date("/Date(-86400000)/").unwrap().to_string(), "1969-12-31");
        assert_eq!(naive("/Date(1795305600000)/").unwrap().to_string(), "2026-11-22 00:00:00");
    }

    #[test]
    fn points_in_time_keep_their_milliseconds() {
        assert_eq!(datetime("/Date(1795305600123+0060)/").unwrap().to_rfc3339(), "2026-11-22T00:00:00.123+00:00");
        assert_eq!(datetime("2026-11-22T01:00:00+01:00").unwrap().to_rfc3339(), "2026-11-22T00:00:00+00:00");
        let at = stamp("20261122214500").unwrap();
        assert_eq!((at.to_rfc3339().as_str(), to_stamp(at).as_str()), ("2026-11-22T21:45:00+00:00", "20261122214500"));
    }

    #[test]
    fn times_of_day_come_in_two_forms() {
        for (text, expected) in
            [("PT06H05M09S", "06:05:09"), ("PT6H", "06:00:00"), ("PT23H59M59S", "23:59:59"), ("06:05:00", "06:05:00")]
        {
            assert_eq!(time(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "/Date()/",
            "/Date(x)/",
            "/Date(1+x)/",
            "/Date(99999999999999999)/",
            "soon",
            "PT",
            "PT25H",
            "2026-02-30",
            "é",
        ] {
            assert!(
                datetime(text).is_err() && date(text).is_err() && time(text).is_err() && naive(text).is_err(),
                "{text}"
            );
        }
        for text in ["20261322000000", "2026112221450", "2026-11-2221:45"] {
            assert!(stamp(text).is_err(), "{text}");
        }
    }
}

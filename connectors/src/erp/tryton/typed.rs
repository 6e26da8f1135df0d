//! Tryton's JSON for the types that JSON lacks: objects with `__class__`. Its date-times are naive and mean UTC.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

const CLASS: &str = "__class__";

/// A date-time as Tryton writes it.
pub fn encode_datetime(at: DateTime<Utc>) -> Value {
    json!({
        CLASS: "datetime",
        "year": at.year(), "month": at.month(), "day": at.day(),
        "hour": at.hour(), "minute": at.minute(), "second": at.second(),
        "microsecond": at.timestamp_subsec_micros(),
    })
}

/// A date as Tryton writes it.
#[cfg(test)]
pub fn encode_date(date: NaiveDate) -> Value {
    json!({ CLASS: "date", "year": date.year(), "month": date.month(), "day": date.day() })
}

/// Reads a date-time.
///
/// # Errors
/// What is wrong with the value.
pub fn decode_datetime(value: &Value) -> Result<DateTime<Utc>, String> {
    #[derive(Deserialize)]
    struct Parts {
        hour: u32,
        minute: u32,
        second: u32,
        microsecond: u32,
    }
    let problem = || format!("{value} is no date-time");
    expect_class(value, "datetime").ok_or_else(problem)?;
    let parts = Parts::deserialize(value).map_err(|_| problem())?;
    let time = NaiveTime::from_hms_micro_opt(parts.hour, parts.minute, parts.second, parts.microsecond);
    Ok(day(value).ok_or_else(problem)?.and_time(time.ok_or_else(problem)?).and_utc())
}

/// Reads a date.
///
/// # Errors
/// What is wrong with the value.
pub fn decode_date(value: &Value) -> Result<NaiveDate, String> {
    expect_class(value, "date").and_then(|()| day(value)).ok_or_else(|| format!("{value} is no date"))
}

/// Reads a number that counts: a `Decimal`, or a JSON number, whose shortest decimal form is taken. Tryton keeps
/// quantities as floats that are rounded to the digits of their unit, so that form is what its users see.
///
/// # Errors
/// What is wrong with the value.
pub fn decode_decimal(value: &Value) -> Result<Decimal, String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::Object(object) if expect_class(value, "Decimal").is_some() => {
            object.get("decimal").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        _ => return Err(format!("{value} is no number")),
    };
    text.parse().or_else(|_| Decimal::from_scientific(&text)).map_err(|_| format!("{value} is no usable number"))
}

fn expect_class(value: &Value, class: &str) -> Option<()> {
    (value.get(CLASS)?.as_str()? == class).then_some(())
}

fn day(value: &Value) -> Option<NaiveDate> {
    #[derive(Deserialize)]
    struct Parts {
        year: i32,
        month: u32,
        day: u32,
    }
    let parts = Parts::deserialize(value).ok()?;
    NaiveDate::from_ymd_opt(parts.year, parts.month, parts.day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_time_goes_out_and_comes_back_to_the_microsecond() {
        let at: DateTime<Utc> = "2026-11-22T18:38:41.307373Z".parse().unwrap();
        let wire = encode_datetime(at);
        assert_eq!(
            wire.to_string(),
            r#"{"__class__":"datetime","year":2026,"month":11,"day":22,"hour":18,"minute":38,"second":41,"microsecond":307373}"#
        );
        assert_eq!(decode_datetime(&wire), Ok(at));
        let date = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
        assert_eq!(decode_date(&encode_date(date)), Ok(date));
    }

    #[test]
    fn quantities_keep_their_decimal_form() {
        for (wire, expected) in [
            (json!(400.0), "400.0"),
            (json!(0.1), "0.1"),
            (json!(-7), "-7"),
            (json!(1e-7), "0.0000001"),
            (json!({"__class__": "Decimal", "decimal": "270.9000"}), "270.9000"),
        ] {
            assert_eq!(decode_decimal(&wire).unwrap().to_string(), expected, "{wire}");
        }
    }

    #[test]
    fn what_is_no_value_of_the_type_is_refused() {
        let date = encode_date(NaiveDate::from_ymd_opt(2026, 2, 28).unwrap());
        assert!(decode_datetime(&date).is_err());
        assert!(decode_datetime(&Value::Null).is_err());
        let mut february = date.clone();
        february["day"] = json!(30);
        assert!(decode_date(&february).is_err());
        for wire in [json!("12"), json!(null), json!(1e300), json!({"__class__": "Decimal", "decimal": "NaN"})] {
            assert!(decode_decimal(&wire).is_err(), "{wire}");
        }
    }
}

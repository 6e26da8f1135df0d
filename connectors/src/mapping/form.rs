//! The forms in which systems write numbers, texts and times. CEL has no decimals and no time zones; here they are read in
//! Rust, exactly, and what does not fit is refused with what was expected.

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    erp::tryton::typed,
    manifest::{Form, plain, shown},
};

/// The form of plain dates and times.
const DATE: &str = "%Y-%m-%d";

/// A canonical value; `None` is nothing.
pub(super) type Canonical = Result<Option<String>, String>;

/// Reads a value in a form. `with` is the second half of a value that comes in two fields.
pub(super) fn read(form: Form, value: &Value, with: Option<&Value>, zone: Option<Tz>) -> Canonical {
    match form {
        Form::Text => text(value),
        Form::StripZeros => Ok(text(value)?.map(|text| strip_zeros(&text))),
        Form::Decimal => decimal(value),
        Form::XFlag => flag(value).map(|set| Some(set.to_string())),
        Form::OdooM2o => odoo_reference(value),
        Form::Line => text(value),
        Form::TrytonTyped => tryton(value),
        _ => Ok(time(form, value, with, zone)?.map(canonical_time)),
    }
}

/// Reads a time in a form.
pub(super) fn time(
    form: Form,
    value: &Value,
    with: Option<&Value>,
    zone: Option<Tz>,
) -> Result<Option<DateTime<Utc>>, String> {
    if let Form::EpochSeconds | Form::EpochMillis = form {
        return epoch(form, value);
    }
    if form == Form::TrytonTyped {
        return match value {
            Value::Null => Ok(None),
            value => tryton_time(value).map(Some),
        };
    }
    let Some(text) = text(value)? else { return Ok(None) };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match form {
        Form::Rfc3339 => DateTime::parse_from_rfc3339(text)
            .map(|time| Some(time.to_utc()))
            .map_err(|_| expected(text, "a time with its zone such as 2026-01-31T12:00:00Z")),
        Form::NaiveUtc => naive(text).map(|time| Some(time.and_utc())),
        Form::NaiveLocal => in_zone(naive(text)?, zone).map(Some),
        Form::Date => {
            let date =
                NaiveDate::parse_from_str(text, DATE).map_err(|_| expected(text, "a date such as 2026-01-31"))?;
            let midnight = date.and_time(NaiveTime::MIN);
            zone.map_or_else(|| Ok(midnight.and_utc()), |zone| in_zone(midnight, Some(zone))).map(Some)
        }
        Form::SapDate => sap_date(text, with, zone),
        Form::SapStamp => sap_stamp(text),
        Form::EdmV2Datetime => edm_v2(text).map(Some),
        _ => Err("this form is no time".to_owned()),
    }
}

/// A time as the twin keeps it.
pub(super) fn canonical_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A value as the source wrote it.
pub(super) fn as_written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a flag is set: `X`, true, or nothing of both.
pub(super) fn flag(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(set) => Ok(*set),
        Value::Null => Ok(false),
        Value::String(text) => match text.trim() {
            "X" | "x" | "true" => Ok(true),
            "" | "false" => Ok(false),
            other => Err(expected(other, "X or an empty text")),
        },
        other => Err(expected(&other.to_string(), "X or an empty text")),
    }
}

fn text(value: &Value) -> Canonical {
    match value {
        Value::Null => Ok(None),
        value => plain(value).map(Some).map_err(|_| expected(&value.to_string(), "a text or a number")),
    }
}

/// Codes keep one zero when they have nothing else, and letters keep their zeros: `000A` is another code than `A`.
fn strip_zeros(text: &str) -> String {
    let bare = text.trim_start_matches('0');
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true if bare.is_empty() && !text.is_empty() => "0".to_owned(),
        true => bare.to_owned(),
        false => text.to_owned(),
    }
}

/// Plain digits. Signs and exponents are read, signs are refused later where a quantity can not have one.
fn decimal(value: &Value) -> Canonical {
    let text = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        other => return Err(expected(&other.to_string(), "a number")),
    };
    let parsed = Decimal::from_str_exact(&text).or_else(|_| match text.contains(['e', 'E']) {
        true => Decimal::from_scientific(&text),
        false => Err(rust_decimal::Error::ErrorString(String::new())),
    });
    parsed.map(|number| Some(number.normalize().to_string())).map_err(|_| expected(&text, "a decimal such as 12.5"))
}

/// Odoo's `[7, "name"]`; `false` is its null.
fn odoo_reference(value: &Value) -> Canonical {
    match value {
        Value::Bool(false) | Value::Null => Ok(None),
        Value::Array(parts) if parts.len() == 2 => text(&parts[0]),
        Value::Number(_) => text(value),
        other => Err(expected(&other.to_string(), "a reference such as [7, \"name\"]")),
    }
}

fn tryton(value: &Value) -> Canonical {
    match value {
        Value::Null => Ok(None),
        Value::Object(object) if object.get("__class__").is_some_and(|class| class == "Decimal") => {
            typed::decode_decimal(value).map(|number| Some(number.normalize().to_string()))
        }
        Value::Number(_) => decimal(value),
        Value::Object(_) => tryton_time(value).map(|time| Some(canonical_time(time))),
        other => text(other),
    }
}

fn tryton_time(value: &Value) -> Result<DateTime<Utc>, String> {
    typed::decode_datetime(value)
        .or_else(|_| typed::decode_date(value).map(|date| date.and_time(NaiveTime::MIN).and_utc()))
        .map_err(|_| expected(&value.to_string(), "a date-time or a date of Tryton"))
}

fn epoch(form: Form, value: &Value) -> Result<Option<DateTime<Utc>>, String> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let time = number.and_then(|number| match form {
        Form::EpochMillis => DateTime::from_timestamp_millis(number),
        _ => DateTime::from_timestamp(number, 0),
    });
    time.map(Some).ok_or_else(|| expected(&value.to_string(), "whole seconds or milliseconds since 1970"))
}

/// `2026-11-22 15:49:20.123456`, with a blank or a T.
fn naive(text: &str) -> Result<NaiveDateTime, String> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .ok_or_else(|| expected(text, "a time such as 2026-01-31 12:00:00"))
}

/// An hour that a clock change repeats is read as the first of both; one that it leaves out, as if it had not changed.
fn in_zone(time: NaiveDateTime, zone: Option<Tz>) -> Result<DateTime<Utc>, String> {
    let zone = zone.ok_or("the time zone is not known: write zone:")?;
    match zone.from_local_datetime(&time) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Ok(time.to_utc()),
        LocalResult::None => match zone.from_local_datetime(&(time - Duration::hours(1))) {
            LocalResult::Single(before) | LocalResult::Ambiguous(before, _) => Ok(before.to_utc() + Duration::hours(1)),
            LocalResult::None => Err(expected(&time.to_string(), "a time that exists in its zone")),
        },
    }
}

fn sap_date(text: &str, with: Option<&Value>, zone: Option<Tz>) -> Result<Option<DateTime<Utc>>, String> {
    if text.bytes().all(|byte| byte == b'0') {
        return Ok(None);
    }
    let date = match text.starts_with("/Date(") {
        // OData writes the same field as a date-time at midnight.
        true => edm_v2(text)?.date_naive(),
        false => NaiveDate::parse_from_str(text, "%Y%m%d")
            .or_else(|_| NaiveDate::parse_from_str(text, DATE))
            .map_err(|_| expected(text, "a date such as 20260131"))?,
    };
    let time = match with {
        None | Some(Value::Null) => NaiveTime::MIN,
        Some(Value::String(text)) if text.is_empty() => NaiveTime::MIN,
        Some(Value::String(text)) => sap_time(text).ok_or_else(|| expected(text, "a time such as 154920"))?,
        Some(other) => return Err(expected(&other.to_string(), "a time such as 154920")),
    };
    let time = date.and_time(time);
    zone.map_or_else(|| Ok(time.and_utc()), |zone| in_zone(time, Some(zone))).map(Some)
}

/// `154920`, or `PT15H49M20S` as OData V2 writes it.
fn sap_time(text: &str) -> Option<NaiveTime> {
    let Some(mut rest) = text.strip_prefix("PT") else {
        return NaiveTime::parse_from_str(text, "%H%M%S").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S")).ok();
    };
    let mut parts = [0_u32; 3];
    for (part, unit) in parts.iter_mut().zip(['H', 'M', 'S']) {
        if let Some((number, tail)) = rest.split_once(unit) {
            *part = number.split('.').next()?.parse().ok()?;
            rest = tail;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    NaiveTime::from_hms_opt(parts[0], parts[1], parts[2])
}

fn sap_stamp(text: &str) -> Result<Option<DateTime<Utc>>, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.is_empty() && whole.bytes().all(|byte| byte == b'0') {
        return Ok(None);
    }
    let problem = || expected(text, "a time stamp such as 20260131120000");
    let time = NaiveDateTime::parse_from_str(whole, "%Y%m%d%H%M%S").map_err(|_| problem())?;
    let micros: i64 = match fraction.is_empty() {
        true => 0,
        false => format!("{:0<6.6}", fraction).parse().map_err(|_| problem())?,
    };
    Ok(Some(time.and_utc() + Duration::microseconds(micros)))
}

/// `/Date(1763821234000)/`: the number is UTC. An offset behind it only says where it was entered.
fn edm_v2(text: &str) -> Result<DateTime<Utc>, String> {
    let number = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")).and_then(|inner| {
        let end = inner.get(1..)?.find(['+', '-']).map_or(inner.len(), |at| at + 1);
        inner[..end].parse().ok()
    });
    number
        .and_then(DateTime::from_timestamp_millis)
        .ok_or_else(|| expected(text, "a time such as /Date(1763821234000)/"))
}

fn expected(found: &str, what: &str) -> String {
    format!("{} is found, {what} is expected", shown(found))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn got(form: Form, value: Value) -> Canonical {
        read(form, &value, None, None)
    }

    fn some(text: &str) -> Canonical {
        Ok(Some(text.to_owned()))
    }

    #[test]
    fn numbers_keep_every_digit() {
        for (value, expected) in [
            (json!(12), "12"),
            (json!("12.50"), "12.5"),
            (json!(0.1), "0.1"),
            (json!("1234567890123456789.25"), "1234567890123456789.25"),
            (json!("1.5e3"), "1500"),
            (json!(1e-7), "0.0000001"),
            (json!("-3"), "-3"),
        ] {
            assert_eq!(got(Form::Decimal, value.clone()), some(expected), "{value}");
        }
        assert_eq!(got(Form::Decimal, json!(null)), Ok(None));
        assert_eq!(got(Form::Decimal, json!("")), Ok(None));
        for value in
            [json!("1,5"), json!("12 kg"), json!([1]), json!(true), json!("NaN"), json!("1e400"), json!("=1+1")]
        {
            assert!(got(Form::Decimal, value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn texts_are_texts() {
        assert_eq!(got(Form::Text, json!("L-1")), some("L-1"));
        assert_eq!(got(Form::Text, json!(7)), some("7"));
        assert_eq!(got(Form::Text, json!(null)), Ok(None));
        assert!(got(Form::Text, json!({})).is_err());
        assert_eq!(got(Form::StripZeros, json!("000000001234")), some("1234"));
        assert_eq!(got(Form::StripZeros, json!("0000")), some("0"));
        assert_eq!(got(Form::StripZeros, json!("00A1")), some("00A1"));
        assert_eq!(got(Form::XFlag, json!("X")), some("true"));
        assert_eq!(got(Form::XFlag, json!("")), some("false"));
        assert!(got(Form::XFlag, json!("maybe")).is_err());
        assert_eq!(got(Form::OdooM2o, json!([7, "Steel"])), some("7"));
        assert_eq!(got(Form::OdooM2o, json!(false)), Ok(None));
        assert!(got(Form::OdooM2o, json!([7])).is_err());
    }

    #[test]
    fn times_come_out_in_utc() {
        for (form, value, expected) in [
            (Form::Rfc3339, json!("2026-11-22T16:49:20.5+01:00"), "2026-11-22T15:49:20.500Z"),
            (Form::NaiveUtc, json!("2026-11-22 15:49:20"), "2026-11-22T15:49:20Z"),
            (Form::NaiveUtc, json!("2026-11-22T15:49:20.000123"), "2026-11-22T15:49:20.000123Z"),
            (Form::Date, json!("2026-11-22"), "2026-11-22T00:00:00Z"),
            (Form::SapDate, json!("20261122"), "2026-11-22T00:00:00Z"),
            (Form::SapStamp, json!("20261122154920"), "2026-11-22T15:49:20Z"),
            (Form::SapStamp, json!("20261122154920.1234567"), "2026-11-22T15:49:20.123456Z"),
            (Form::EdmV2Datetime, json!("/Date(1763826560000)/"), "2025-11-22T15:49:20Z"),
            (Form::EdmV2Datetime, json!("/Date(1763826560000+0060)/"), "2025-11-22T15:49:20Z"),
            (Form::EdmV2Datetime, json!("/Date(-1000)/"), "1969-12-31T23:59:59Z"),
            (Form::EpochSeconds, json!(1763826560), "2025-11-22T15:49:20Z"),
            (Form::EpochMillis, json!("1763826560000"), "2025-11-22T15:49:20Z"),
        ] {
            assert_eq!(got(form, value.clone()), some(expected), "{form:?} {value}");
            assert_eq!(got(form, json!(null)), Ok(None), "{form:?}");
            assert!(got(form, json!("yesterday")).is_err(), "{form:?}");
            assert!(got(form, json!({ "a": 1 })).is_err(), "{form:?}");
        }
        assert_eq!(got(Form::SapDate, json!("00000000")), Ok(None));
        assert_eq!(got(Form::SapStamp, json!("00000000000000")), Ok(None));
        assert_eq!(got(Form::SapStamp, json!("")), Ok(None));
    }

    #[test]
    fn a_date_and_its_time_come_together() {
        let at = |date, time| read(Form::SapDate, &json!(date), Some(&json!(time)), None);
        assert_eq!(at("20261122", "154920"), some("2026-11-22T15:49:20Z"));
        assert_eq!(at("/Date(1795305600000)/", "PT15H49M20S"), some("2026-11-22T15:49:20Z"));
        assert_eq!(at("20261122", "PT7H"), some("2026-11-22T07:00:00Z"));
        assert!(at("20261122", "noon").is_err());
    }

    #[test]
    fn local_times_know_their_zone_and_its_changes() {
        let zone: Tz = "Europe/Berlin".parse().unwrap();
        let local = |text| read(Form::NaiveLocal, &json!(text), None, Some(zone));
        assert_eq!(local("2026-07-01 12:00:00"), some("2026-07-01T10:00:00Z"));
        assert_eq!(local("2026-11-22 12:00:00"), some("2026-11-22T11:00:00Z"));
        assert_eq!(local("2026-10-25 02:30:00"), some("2026-10-25T00:30:00Z"), "the hour comes twice");
        assert_eq!(local("2026-03-29 02:30:00"), some("2026-03-29T01:30:00Z"), "the hour does not come");
        assert!(read(Form::NaiveLocal, &json!("2026-07-01 12:00:00"), None, None).is_err());
    }
}

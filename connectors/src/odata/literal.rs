//! Values as OData writes them in URLs. Texts are quoted and everything else is parsed first: a value can not become syntax.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Timelike, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// The generation of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// OData 2.0, which SAP speaks.
    V2,
    /// OData 4.0.
    V4,
}

/// A value as a literal of a URL, not yet percent-encoded.
///
/// JSON has texts, numbers and truth; what it lacks is an object with one key that names the type: `{guid: …}`,
/// `{decimal: "12.5"}`, `{int64: …}`, `{datetime: …}` (a local time without a zone), `{datetimeoffset: …}`, `{date: …}`,
/// `{time: "06:00:00"}`, `{enum: "Namespace.Type'Member'"}`.
///
/// # Errors
/// What is wrong with the value.
pub fn literal(protocol: Protocol, value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(quoted(text)),
        Value::Object(object) => match object.iter().next() {
            Some((kind, value)) if object.len() == 1 => typed(protocol, kind, value),
            _ => Err("a typed value is an object with one key, such as {guid: …}".to_owned()),
        },
        Value::Array(_) => Err("a list is no value".to_owned()),
    }
}

/// A text in quotes; a quote inside is doubled.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn typed(protocol: Protocol, kind: &str, value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null => return Ok("null".to_owned()),
        other => return Err(format!("{other} is no {kind}")),
    };
    let wrong = || format!("{text:?} is no {kind}");
    let v2 = protocol == Protocol::V2;
    Ok(match kind {
        "guid" => {
            let id = Uuid::parse_str(&text).map_err(|_| wrong())?;
            if v2 { format!("guid'{id}'") } else { id.to_string() }
        }
        "decimal" => {
            let number: Decimal = text.parse().map_err(|_| wrong())?;
            if v2 { format!("{number}M") } else { number.to_string() }
        }
        "int64" => {
            let number: i64 = text.parse().map_err(|_| wrong())?;
            if v2 { format!("{number}L") } else { number.to_string() }
        }
        "datetime" => {
            let at = naive(&text).ok_or_else(wrong)?;
            let at = at.format("%Y-%m-%dT%H:%M:%S%.f");
            if v2 { format!("datetime'{at}'") } else { format!("{at}Z") }
        }
        "datetimeoffset" => {
            let at = text.parse::<DateTime<Utc>>().map_err(|_| wrong())?;
            let at = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            if v2 { format!("datetimeoffset'{at}'") } else { at }
        }
        "date" => {
            let date = text.parse::<NaiveDate>().map_err(|_| wrong())?;
            if v2 { format!("datetime'{date}T00:00:00'") } else { date.to_string() }
        }
        "time" => {
            let time = text.parse::<NaiveTime>().map_err(|_| wrong())?;
            let (hour, minute, second) = (time.hour(), time.minute(), time.second());
            if v2 { format!("time'PT{hour:02}H{minute:02}M{second:02}S'") } else { format!("{time}") }
        }
        "enum" if !v2 => enumeration(&text).ok_or_else(wrong)?,
        _ => return Err(format!("there is no type {kind:?} of values here")),
    })
}

/// A local date-time; a zone would be a mistake, because the system would drop it.
fn naive(text: &str) -> Option<chrono::NaiveDateTime> {
    text.strip_suffix('Z').unwrap_or(text).parse().ok()
}

/// `Namespace.Type'Member'`.
fn enumeration(text: &str) -> Option<String> {
    let (name, member) = text.strip_suffix('\'')?.split_once('\'')?;
    (is_name(name) && is_name(member)).then(|| text.to_owned())
}

/// A name of the service: letters, digits, underscores and dots.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_type_is_written_as_its_protocol_wants_it() {
        let id = "5f0c1d6e-8a4e-4c55-9f3c-2a4b7f1f0001";
        for (value, v2, v4) in [
            (json!("O'Neil"), "'O''Neil'", "'O''Neil'"),
            (json!("000001000001"), "'000001000001'", "'000001000001'"),
            (json!(7), "7", "7"),
            (json!(true), "true", "true"),
            (json!(null), "null", "null"),
            (json!({ "guid": id }), "guid'5f0c1d6e-8a4e-4c55-9f3c-2a4b7f1f0001'", id),
            (json!({ "decimal": "12.50" }), "12.50M", "12.50"),
            (json!({ "int64": "90071992547409931" }), "90071992547409931L", "90071992547409931"),
            (json!({ "datetime": "2026-11-22T06:00:00" }), "datetime'2026-11-22T06:00:00'", "2026-11-22T06:00:00Z"),
            (
                json!({ "datetimeoffset": "2026-11-22T07:00:00+01:00" }),
                "datetimeoffset'2026-11-22T06:00:00Z'",
                "2026-11-22T06:00:00Z",
            ),
            (json!({ "date": "2026-11-22" }), "datetime'2026-11-22T00:00:00'", "2026-11-22"),
            (json!({ "time": "06:05:00" }), "time'PT06H05M00S'", "06:05:00"),
        ] {
            assert_eq!(literal(Protocol::V2, &value).as_deref(), Ok(v2));
            assert_eq!(literal(Protocol::V4, &value).as_deref(), Ok(v4));
        }
        let status = json!({ "enum": "Microsoft.Dynamics.DataEntities.ProdStatus'Released'" });
        assert!(literal(Protocol::V4, &status).is_ok());
        assert!(literal(Protocol::V2, &status).is_err());
    }

    #[test]
    fn what_is_not_of_its_type_is_refused() {
        for value in [
            json!({ "guid": "x' or true" }),
            json!({ "decimal": "1 or 1" }),
            json!({ "datetimeoffset": "yesterday" }),
            json!({ "enum": "A'b' or 'c'" }),
            json!({ "unheard": "1" }),
            json!({ "guid": "1", "date": "2" }),
            json!([1]),
        ] {
            for protocol in [Protocol::V2, Protocol::V4] {
                assert!(literal(protocol, &value).is_err(), "{value}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_quotes(text in ".{0,40}") {
            let written = literal(Protocol::V2, &json!(text)).unwrap();
            let inner = written.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap();
            prop_assert_eq!(inner.replace("''", ""), text.replace('\'', ""));
            prop_assert_eq!(inner.matches('\'').count(), 2 * text.matches('\'').count());
        }
    }
}

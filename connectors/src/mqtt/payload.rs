//! The payload of Sparkplug B, as far as it is read. Fields that are not named here are skipped.

use chrono::{DateTime, SecondsFormat, Utc};
use prost::Message;
use serde_json::{Number, Value};

/// Metrics of one payload. The birth of a large gateway has some thousand.
const METRICS_MAX: usize = 20_000;
/// Types of metrics whose number is signed; the wire holds their bits.
const INT8: u32 = 1;
const INT16: u32 = 2;
const INT32: u32 = 3;
const INT64: u32 = 4;
const DATE_TIME: u32 = 13;

/// A payload.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Payload {
    /// Milliseconds since 1970.
    #[prost(uint64, optional, tag = "1")]
    pub(super) timestamp: Option<u64>,
    #[prost(message, repeated, tag = "2")]
    pub(super) metrics: Vec<Metric>,
    /// Counts the messages of a node, 0 to 255.
    #[prost(uint64, optional, tag = "3")]
    pub(super) seq: Option<u64>,
}

/// A value with its name, or with the alias that a birth gave to the name.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Metric {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) alias: Option<u64>,
    #[prost(uint32, optional, tag = "4")]
    pub(super) datatype: Option<u32>,
    #[prost(bool, optional, tag = "5")]
    pub(super) is_historical: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    pub(super) is_null: Option<bool>,
    #[prost(oneof = "Held", tags = "10, 11, 12, 13, 14, 15, 16")]
    pub(super) value: Option<Held>,
}

/// What a metric holds.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Held {
    #[prost(uint32, tag = "10")]
    Int(u32),
    #[prost(uint64, tag = "11")]
    Long(u64),
    #[prost(float, tag = "12")]
    Float(f32),
    #[prost(double, tag = "13")]
    Double(f64),
    #[prost(bool, tag = "14")]
    Boolean(bool),
    #[prost(string, tag = "15")]
    Text(String),
    #[prost(bytes = "vec", tag = "16")]
    Bytes(Vec<u8>),
}

/// Reads a payload.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Payload, String> {
    let payload = Payload::decode(bytes).map_err(|error| format!("no payload of Sparkplug B: {error}"))?;
    match payload.metrics.len() {
        0..=METRICS_MAX => Ok(payload),
        count => Err(format!("{count} metrics: at most {METRICS_MAX} are read")),
    }
}

/// A value as JSON. `datatype` is what the birth said.
pub(super) fn json(metric: &Metric, datatype: Option<u32>) -> Value {
    if metric.is_null == Some(true) {
        return Value::Null;
    }
    let datatype = metric.datatype.or(datatype).unwrap_or_default();
    let float = |number: f64| Number::from_f64(number).map_or_else(|| Value::from(number.to_string()), Value::Number);
    match &metric.value {
        None => Value::Null,
        Some(Held::Int(bits)) => match datatype {
            INT8 => Value::from(*bits as i8),
            INT16 => Value::from(*bits as i16),
            INT32 => Value::from(*bits as i32),
            _ => Value::from(*bits),
        },
        Some(Held::Long(bits)) => match datatype {
            INT64 => Value::from(*bits as i64),
            DATE_TIME => moment(*bits).map_or(Value::Null, Value::from),
            _ => Value::from(*bits),
        },
        // The shortest text that is this number, not the digits that a wider number would add.
        Some(Held::Float(number)) => number.to_string().parse().map_or(Value::Null, float),
        Some(Held::Double(number)) => float(*number),
        Some(Held::Boolean(is)) => Value::Bool(*is),
        Some(Held::Text(text)) => Value::from(text.as_str()),
        Some(Held::Bytes(bytes)) => Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    }
}

/// Milliseconds since 1970 as text.
pub(super) fn moment(milliseconds: u64) -> Option<String> {
    let time = DateTime::<Utc>::from_timestamp_millis(i64::try_from(milliseconds).ok()?)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_their_type_says() {
        let metric = |value| Metric { value: Some(value), ..Metric::default() };
        assert_eq!(json(&metric(Held::Int(u32::MAX)), Some(INT32)), Value::from(-1));
        assert_eq!(json(&metric(Held::Int(0xFF)), Some(INT8)), Value::from(-1));
        assert_eq!(json(&metric(Held::Long(u64::MAX)), Some(INT64)), Value::from(-1));
        assert_eq!(json(&metric(Held::Long(0)), Some(DATE_TIME)), Value::from("1970-01-01T00:00:00.000Z"));
        assert_eq!(json(&metric(Held::Float(0.1)), None), Value::from(0.1));
        assert_eq!(json(&metric(Held::Double(f64::NAN)), None), Value::from("NaN"));
        assert!(read(&[0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]).is_err(), "a length beyond the end");
        assert!(read(b"{\"json\": true}").is_err());
    }
}

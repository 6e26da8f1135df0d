//! Times as systems want them in a request.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use crate::{erp::tryton::typed, manifest::TimeFormat};

/// A time in a form.
pub(crate) fn time(format: TimeFormat, at: DateTime<Utc>) -> Value {
    let text = |pattern| Value::String(at.format(pattern).to_string());
    match format {
        TimeFormat::Rfc3339 => Value::String(at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        TimeFormat::Rfc3339Seconds => Value::String(at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        TimeFormat::NaiveUtc => text("%Y-%m-%d %H:%M:%S%.6f"),
        TimeFormat::NaiveUtcSeconds => text("%Y-%m-%d %H:%M:%S"),
        TimeFormat::Date => text("%Y-%m-%d"),
        TimeFormat::SapStamp => text("%Y%m%d%H%M%S"),
        TimeFormat::EpochSeconds => Value::from(at.timestamp()),
        TimeFormat::EpochMillis => Value::from(at.timestamp_millis()),
        TimeFormat::TrytonTyped => typed::encode_datetime(at),
        TimeFormat::EdmV2Datetime => text("datetime'%Y-%m-%dT%H:%M:%S'"),
        TimeFormat::EdmV2DatetimeOffset => text("datetimeoffset'%Y-%m-%dT%H:%M:%SZ'"),
    }
}

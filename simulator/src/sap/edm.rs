//! Values of OData V2 and how they are written.

use std::{borrow::Cow, cmp::Ordering};

use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

/// A value of a property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Edm<'a> {
    /// Nothing.
    Null,
    /// Edm.String
    Text(Cow<'a, str>),
    /// Edm.Boolean
    Bool(bool),
    /// Edm.Decimal, told with three digits.
    Number(Decimal),
    /// Edm.DateTime: a local date.
    Day(NaiveDate),
    /// Edm.DateTimeOffset
    Moment(DateTime<Utc>),
    /// Edm.Time
    Clock(NaiveTime),
}

impl<'a> Edm<'a> {
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Edm::Text(text.into())
    }

    /// SAP's way to say yes and no.
    pub(crate) fn flag(set: bool) -> Self {
        Edm::text(if set { "X" } else { "" })
    }

    pub(crate) fn moment(at: Option<DateTime<Utc>>) -> Self {
        at.map_or(Edm::Null, Edm::Moment)
    }

    /// As JSON of OData V2 has it.
    pub(crate) fn json(&self) -> Value {
        match self {
            Edm::Null => Value::Null,
            Edm::Text(text) => Value::from(text.as_ref()),
            Edm::Bool(value) => Value::from(*value),
            Edm::Number(number) => Value::from(format!("{number:.3}")),
            Edm::Day(day) => Value::from(format!("/Date({})/", midnight(*day).timestamp_millis())),
            Edm::Moment(at) => Value::from(format!("/Date({}+0000)/", at.timestamp_millis())),
            Edm::Clock(time) => Value::from(format!("PT{:02}H{:02}M{:02}S", time.hour(), time.minute(), time.second())),
        }
    }

    /// As a literal in the key of an entity's address.
    pub(crate) fn literal(&self) -> String {
        match self {
            Edm::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Edm::Number(number) => format!("{number}M"),
            Edm::Bool(value) => value.to_string(),
            Edm::Day(day) => format!("datetime'{}T00:00:00'", day),
            Edm::Moment(at) => format!("datetimeoffset'{}'", at.format("%Y-%m-%dT%H:%M:%SZ")),
            Edm::Null | Edm::Clock(_) => String::new(),
        }
    }

    /// The order of two values; none when they have none, or when one is null.
    pub(crate) fn order(&self, other: &Edm<'_>) -> Option<Ordering> {
        match (self, other) {
            (Edm::Text(left), Edm::Text(right)) => Some(left.cmp(right)),
            (Edm::Bool(left), Edm::Bool(right)) => Some(left.cmp(right)),
            (Edm::Number(left), Edm::Number(right)) => Some(left.cmp(right)),
            (Edm::Clock(left), Edm::Clock(right)) => Some(left.cmp(right)),
            (left, right) => Some(left.instant()?.cmp(&right.instant()?)),
        }
    }

    fn instant(&self) -> Option<DateTime<Utc>> {
        match self {
            Edm::Day(day) => Some(midnight(*day)),
            // Told in milliseconds, compared in milliseconds.
            Edm::Moment(at) => DateTime::from_timestamp_millis(at.timestamp_millis()),
            Edm::Null | Edm::Text(_) | Edm::Bool(_) | Edm::Number(_) | Edm::Clock(_) => None,
        }
    }
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// An entity.
pub(crate) trait Row {
    /// A property; the fields of the set name those that there are.
    fn get(&self, field: &str) -> Edm<'_>;

    fn etag(&self) -> Option<String> {
        None
    }
}

/// A set of entities.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) type_name: &'static str,
    pub(crate) keys: &'static [&'static str],
    pub(crate) fields: &'static [&'static str],
}

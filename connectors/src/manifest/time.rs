//! When a record changed, and how such a time is written in a request.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

use super::{
    Expression, Template,
    attribute::{Form, Sources},
};

/// Where a row tells when it changed. Short form: the expressions alone, in RFC 3339.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeSection {
    /// Of several, the first that is not null counts.
    pub from: Vec<Expression>,
    /// The time of a `sap_date`.
    pub with: Option<Expression>,
    /// The form over there.
    pub form: Form,
    /// The time zone of `naive_local` and `date`.
    pub zone: Option<Template>,
}

/// The same as it is written.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Written {
    /// An expression, or several, of which the first that is not null counts.
    from: Sources,
    /// The time of a `sap_date`.
    #[serde(default)]
    with: Option<Expression>,
    /// The form over there; `rfc3339` unless it is said.
    #[serde(default, rename = "as")]
    form: Option<Form>,
    /// The IANA time zone of `naive_local` and `date`.
    #[serde(default)]
    zone: Option<Template>,
}

impl TimeSection {
    fn plain(from: Vec<Expression>) -> Self {
        Self { from, with: None, form: Form::Rfc3339, zone: None }
    }
}

impl<'de> Deserialize<'de> for TimeSection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = TimeSection;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expression such as r.updated_at, a list of them, or the keys from and as")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TimeSection, E> {
                Ok(TimeSection::plain(vec![Expression::parse(text).map_err(E::custom)?]))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<TimeSection, A::Error> {
                let sources = Sources::deserialize(de::value::SeqAccessDeserializer::new(seq))?;
                Ok(TimeSection::plain(sources.0))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<TimeSection, A::Error> {
                let written = Written::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let Written { from, with, form, zone } = written;
                Ok(TimeSection { from: from.0, with, form: form.unwrap_or(Form::Rfc3339), zone })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for TimeSection {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TimeSection".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (short, long) = (generator.subschema_for::<Sources>(), generator.subschema_for::<Written>());
        schemars::json_schema!({ "anyOf": [short, long] })
    }
}

/// How a time is written in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// `2026-11-22T15:49:20.000000Z`
    #[default]
    Rfc3339,
    /// `2026-11-22T15:49:20Z`
    Rfc3339Seconds,
    /// `2026-11-22 15:49:20.000000`, UTC without saying so.
    NaiveUtc,
    /// `2026-11-22 15:49:20`, UTC without saying so.
    NaiveUtcSeconds,
    /// `2026-11-22`
    Date,
    /// `20261122154920`
    SapStamp,
    /// Seconds since 1970, a number.
    EpochSeconds,
    /// Milliseconds since 1970, a number.
    EpochMillis,
    /// Tryton's JSON of a date-time.
    TrytonTyped,
    /// `datetime'2026-11-22T15:49:20'`, the literal of OData V2.
    EdmV2Datetime,
    /// `datetimeoffset'2026-11-22T15:49:20Z'`, the literal of OData V2 with a zone.
    EdmV2DatetimeOffset,
}

//! What a row means: one kind of subject, and where each of its attributes is in the row.

use std::fmt;

use indexmap::IndexMap;
use model::SubjectType;
use serde::{Deserialize, Deserializer, de};

use super::{Expression, Template};

/// What the rows of a stream mean.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MapSection {
    /// The kind of subject that a row speaks of.
    #[cfg_attr(test, schemars(with = "String"))]
    pub kind: SubjectType,
    /// By canonical name.
    pub attributes: IndexMap<String, Attribute>,
}

/// Where an attribute is in a row. Short form: the expression alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribute {
    /// Of several, the first that is not null counts.
    pub from: Vec<Expression>,
    /// The second half of a value that comes in two fields: the time of a `sap_date`.
    pub with: Option<Expression>,
    /// The form of the value over there. Otherwise the plainest form of the attribute's type.
    pub form: Option<Form>,
    /// The time zone of `naive_local`.
    pub zone: Option<Template>,
    /// How it refers to another record.
    pub reference: Option<ReferenceBy>,
    /// How raw values become canonical words.
    pub crossing: Option<Crossing>,
    /// A key that is not in the row is nothing instead of an error.
    pub optional: bool,
}

/// The form of a value in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Text, or a number as its text.
    Text,
    /// Text without leading zeros: `000000001234`.
    StripZeros,
    /// A number, or a number in a text.
    Decimal,
    /// RFC 3339, with its offset.
    Rfc3339,
    /// `2026-11-22 15:49:20`, with `T` or blank, without zone: UTC.
    NaiveUtc,
    /// The same in the zone of the key `zone`.
    NaiveLocal,
    /// `2026-11-22`: midnight in UTC; with `zone`, midnight there.
    Date,
    /// `20261122`, an empty text or `00000000` for nothing; `with` for the time, `154920` or `PT15H49M20S`.
    SapDate,
    /// `20261122154920`, UTC.
    SapStamp,
    /// `/Date(1763821234000)/`, with or without offset.
    EdmV2Datetime,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMillis,
    /// Tryton's JSON for types: a date-time, a date or a decimal.
    TrytonTyped,
    /// `X` or empty.
    XFlag,
    /// Odoo's reference: `[7, "name"]`, or `false` for nothing. The id counts.
    #[serde(rename = "odoo_m2o")]
    OdooM2o,
    /// A place that the plant file may rename to a line, under `line_by_location`.
    Line,
}

/// How an attribute refers to another record of the same system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReferenceBy {
    /// By the key of that record in this system.
    Id,
    /// By what everybody calls it: the code of a material, the number of a lot or an order.
    Key,
}

/// How raw values become canonical words. What is not listed is a dead letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Crossing {
    /// Raw value to word, here. Of several values the one that stands first decides. A null means nothing.
    Enum(IndexMap<String, Option<String>>),
    /// A file under `patterns/crosswalks`.
    Crosswalk(String),
    /// Flags of the row.
    Flags(Flags),
}

/// A state that is told by many flags. All that are set are the value; the first of them that stands here decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Flags {
    /// Name of the flag in the row, and what it means.
    pub words: IndexMap<String, String>,
}

/// An attribute as it is written.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Written {
    /// Where it is in the row: an expression, or several, of which the first that is not null counts.
    #[serde(default)]
    from: Option<Sources>,
    /// The time of a `sap_date`.
    #[serde(default)]
    with: Option<Expression>,
    /// The form of the value over there.
    #[serde(default, rename = "as")]
    form: Option<Form>,
    /// The IANA time zone of `naive_local` and `date`.
    #[serde(default)]
    zone: Option<Template>,
    /// How it refers to another record: by the `id` that the system has for it, or by its `key`, such as its number.
    #[serde(default, rename = "ref")]
    reference: Option<ReferenceBy>,
    /// Raw value to canonical word. The first that stands here decides when there are several. Null: nothing.
    #[serde(default, rename = "enum")]
    words: Option<IndexMap<String, Option<String>>>,
    /// A file under `patterns/crosswalks`, without its ending.
    #[serde(default)]
    crosswalk: Option<String>,
    /// Name of a flag in the row to canonical word; the first that is set decides.
    #[serde(default)]
    flags: Option<IndexMap<String, String>>,
    /// A key that is not in the row is nothing instead of an error.
    #[serde(default)]
    optional: bool,
}

impl Written {
    fn checked(self) -> Result<Attribute, String> {
        let from = self.from.map(|sources| sources.0).unwrap_or_default();
        let crossing = match (self.words, self.crosswalk, self.flags) {
            (None, None, None) => None,
            (Some(words), None, None) => Some(Crossing::Enum(words)),
            (None, Some(name), None) => Some(Crossing::Crosswalk(name)),
            (None, None, Some(words)) => Some(Crossing::Flags(Flags { words })),
            _ => return Err("write one of enum, crosswalk and flags".to_owned()),
        };
        match (&crossing, from.is_empty()) {
            (Some(Crossing::Flags(_)), false) => {
                return Err("flags are read from the row itself: remove from".to_owned());
            }
            (Some(Crossing::Flags(_)), true) | (_, false) => {}
            (_, true) => return Err("from is missing: where in the row is it?".to_owned()),
        }
        let Self { with, form, zone, reference, optional, .. } = self;
        Ok(Attribute { from, with, form, zone, reference, crossing, optional })
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Attribute;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expression such as r.number, or keys such as from and as")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Attribute, E> {
                let from = vec![Expression::parse(text).map_err(E::custom)?];
                Ok(Attribute { from, ..Attribute::default() })
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Attribute, A::Error> {
                Written::deserialize(de::value::MapAccessDeserializer::new(map))?.checked().map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Attribute {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Attribute".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (short, long) = (generator.subschema_for::<Expression>(), generator.subschema_for::<Written>());
        schemars::json_schema!({ "anyOf": [short, long] })
    }
}

/// One expression, or several.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sources(pub(super) Vec<Expression>);

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Sources;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an expression such as r.number, or a list of expressions")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Sources, E> {
                Ok(Sources(vec![Expression::parse(text).map_err(E::custom)?]))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Sources, A::Error> {
                let mut sources = Vec::new();
                while let Some(source) = seq.next_element()? {
                    sources.push(source);
                }
                match sources.is_empty() {
                    true => Err(de::Error::custom("the list is empty")),
                    false => Ok(Sources(sources)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Sources {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sources".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<Expression>();
        schemars::json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

//! What systems can speak of: the attributes of each kind of subject, and the form of their values.
//!
//! The names are those of B2MML V7 and of the graph. A connector's mapping is checked against this table when it is loaded.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use model::{
    Disposition, DocumentState, LineState, RequestState, ResponseState, ShipmentState, StagingState, StorageKind,
    SubjectType,
};
use rust_decimal::Decimal;

/// Largest quantity that is believed; beyond it a record is a typing error.
const QUANTITY_MAX: i64 = 1_000_000_000_000;
/// Longest text of an attribute, in bytes. Names are shorter; what is longer is a document, and belongs elsewhere.
const TEXT_MAX: usize = 1_024;

/// One attribute of a kind of subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeDef {
    /// Name, unique in the kind.
    pub name: &'static str,
    /// Form of its canonical value.
    pub value: ValueKind,
    /// Whether a record without it can not be applied.
    pub required: bool,
}

/// Form of a canonical value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Text.
    Text,
    /// A plain decimal that is not negative, such as `12.5`.
    Quantity,
    /// A time, RFC 3339 in UTC.
    Time,
    /// One word of an enumeration.
    Word(Words),
    /// Another subject: `id:` and the source's own id, or `key:` and the natural key.
    Reference(SubjectType),
}

/// An enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// [`Disposition`].
    Disposition,
    /// [`RequestState`].
    RequestState,
    /// [`ResponseState`].
    ResponseState,
    /// [`StagingState`].
    StagingState,
    /// [`ShipmentState`].
    ShipmentState,
    /// [`DocumentState`].
    DocumentState,
    /// [`StorageKind`].
    StorageKind,
    /// [`LineState`].
    LineState,
}

impl Words {
    /// The words.
    pub fn all(self) -> Vec<&'static str> {
        match self {
            Self::Disposition => Disposition::ALL.iter().map(|word| word.as_str()).collect(),
            Self::RequestState => RequestState::ALL.iter().map(|word| word.as_str()).collect(),
            Self::ResponseState => ResponseState::ALL.iter().map(|word| word.as_str()).collect(),
            Self::StagingState => StagingState::ALL.iter().map(|word| word.as_str()).collect(),
            Self::ShipmentState => ShipmentState::ALL.iter().map(|word| word.as_str()).collect(),
            Self::DocumentState => DocumentState::ALL.iter().map(|word| word.as_str()).collect(),
            Self::StorageKind => StorageKind::ALL.iter().map(|word| word.as_str()).collect(),
            Self::LineState => LineState::ALL.iter().map(|word| word.as_str()).collect(),
        }
    }
}

impl ValueKind {
    /// Checks a canonical value.
    ///
    /// # Errors
    /// What was expected, in words.
    pub fn check(self, value: &str) -> Result<(), String> {
        let fits = match self {
            Self::Text => value.len() <= TEXT_MAX,
            Self::Quantity => {
                return match Decimal::from_str_exact(value) {
                    Ok(value) if value.is_sign_negative() && !value.is_zero() => Err("it is negative".to_owned()),
                    Ok(value) if value > Decimal::from(QUANTITY_MAX) => Err(format!("it is beyond {QUANTITY_MAX}")),
                    Ok(_) => Ok(()),
                    Err(_) => Err("a plain decimal such as 12.5 is expected".to_owned()),
                };
            }
            Self::Time => DateTime::parse_from_rfc3339(value).is_ok(),
            Self::Word(words) => words.all().contains(&value),
            Self::Reference(_) => Reference::from_str(value).is_ok(),
        };
        match fits {
            true => Ok(()),
            false => Err(self.expected()),
        }
    }

    fn expected(self) -> String {
        match self {
            Self::Text => format!("a text of at most {TEXT_MAX} bytes is expected"),
            Self::Quantity => "a plain decimal is expected".to_owned(),
            Self::Time => "a time such as 2026-01-31T12:00:00Z is expected".to_owned(),
            Self::Word(words) => format!("one of {} is expected", words.all().join(", ")),
            Self::Reference(kind) => format!("id:… or key:… of a {kind} is expected"),
        }
    }
}

/// A reference to another subject, as a system makes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// By the source's own id.
    Id(String),
    /// By the natural key in the plant: the code of a material, the number of a lot or an order.
    Key(String),
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("id", id)) if !id.is_empty() => Ok(Self::Id(id.to_owned())),
            Some(("key", key)) if !key.is_empty() => Ok(Self::Key(key.to_owned())),
            _ => Err(format!("{text:?} is neither id:… nor key:…")),
        }
    }
}

/// A canonical time.
pub(crate) fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}

const fn needs(name: &'static str, value: ValueKind) -> AttributeDef {
    AttributeDef { name, value, required: true }
}

const fn may(name: &'static str, value: ValueKind) -> AttributeDef {
    AttributeDef { name, value, required: false }
}

/// The kinds that systems can speak of, in the order in which they refer to each other.
pub const KINDS: &[SubjectType] = &[
    SubjectType::Material,
    SubjectType::StorageLocation,
    SubjectType::BillItem,
    SubjectType::MaterialLot,
    SubjectType::ProductionOrder,
    SubjectType::JobResponse,
    SubjectType::LotLink,
    SubjectType::StagingTask,
    SubjectType::Shipment,
    SubjectType::ShipmentItem,
    SubjectType::Document,
    SubjectType::Line,
];

/// The attributes of a kind; empty when systems do not speak of it.
pub fn attributes(kind: SubjectType) -> &'static [AttributeDef] {
    use SubjectType::{Material, MaterialLot, ProductionOrder, Shipment};
    use ValueKind::{Quantity, Reference, Text, Time, Word};
    match kind {
        Material => const { &[needs("code", Text), may("name", Text), may("unit", Text), may("class", Text)] },
        MaterialLot => {
            const {
                &[
                    needs("number", Text),
                    needs("material", Reference(Material)),
                    may("quantity", Quantity),
                    may("unit", Text),
                    may("disposition", Word(Words::Disposition)),
                    may("status", Text),
                    may("location", Text),
                    may("expiresAt", Time),
                    may("parent", Reference(MaterialLot)),
                ]
            }
        }
        SubjectType::BillItem => {
            const {
                &[
                    needs("material", Reference(Material)),
                    needs("component", Reference(Material)),
                    needs("quantity", Quantity),
                    may("unit", Text),
                ]
            }
        }
        SubjectType::LotLink => {
            const {
                &[
                    needs("parent", Reference(MaterialLot)),
                    needs("child", Reference(MaterialLot)),
                    may("quantity", Quantity),
                    may("unit", Text),
                    may("order", Reference(ProductionOrder)),
                ]
            }
        }
        ProductionOrder => {
            const {
                &[
                    needs("number", Text),
                    may("material", Reference(Material)),
                    may("quantity", Quantity),
                    may("unit", Text),
                    may("state", Word(Words::RequestState)),
                    may("line", Text),
                    may("plannedStart", Time),
                    may("plannedEnd", Time),
                ]
            }
        }
        SubjectType::JobResponse => {
            const {
                &[
                    needs("number", Text),
                    needs("order", Reference(ProductionOrder)),
                    may("state", Word(Words::ResponseState)),
                    may("good", Quantity),
                    may("scrap", Quantity),
                    may("unit", Text),
                    may("startedAt", Time),
                    may("endedAt", Time),
                ]
            }
        }
        SubjectType::StorageLocation => {
            const { &[needs("code", Text), may("name", Text), may("kind", Word(Words::StorageKind))] }
        }
        SubjectType::StagingTask => {
            const {
                &[
                    needs("number", Text),
                    may("order", Reference(ProductionOrder)),
                    may("material", Reference(Material)),
                    may("lot", Reference(MaterialLot)),
                    may("quantity", Quantity),
                    may("unit", Text),
                    may("from", Text),
                    may("to", Text),
                    may("state", Word(Words::StagingState)),
                    may("dueAt", Time),
                ]
            }
        }
        Shipment => {
            const {
                &[
                    needs("number", Text),
                    may("customer", Text),
                    may("state", Word(Words::ShipmentState)),
                    may("plannedAt", Time),
                    may("eta", Time),
                ]
            }
        }
        SubjectType::ShipmentItem => {
            const {
                &[
                    needs("shipment", Reference(Shipment)),
                    may("lot", Reference(MaterialLot)),
                    may("material", Reference(Material)),
                    may("quantity", Quantity),
                    may("unit", Text),
                ]
            }
        }
        SubjectType::Document => {
            const {
                &[
                    needs("number", Text),
                    needs("kind", Text),
                    may("order", Reference(ProductionOrder)),
                    may("lot", Reference(MaterialLot)),
                    may("shipment", Reference(Shipment)),
                    may("state", Word(Words::DocumentState)),
                ]
            }
        }
        SubjectType::Line => const { &[needs("code", Text), may("state", Word(Words::LineState))] },
        _ => &[],
    }
}

/// One attribute of a kind, by name.
pub fn attribute(kind: SubjectType, name: &str) -> Option<&'static AttributeDef> {
    attributes(kind).iter().find(|attribute| attribute.name == name)
}

//! What a statement says, in the form that is applied today.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use model::{Disposition, RequestState, SubjectType};
use rust_decimal::Decimal;

use crate::sync::{
    Body as Said, Unmapped,
    vocabulary::{Reference, time},
};

/// A statement, typed.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Unreadable { problem: String },
    Material { code: String, name: String, unit: String },
    Lot {
        number: String,
        material: String,
        quantity: Decimal,
        unit: String,
        disposition: Result<Disposition, String>,
        raw_disposition: Vec<String>,
        location: Option<String>,
    },
    Order {
        number: String,
        material: Option<String>,
        quantity: Decimal,
        unit: String,
        state: Result<RequestState, String>,
        raw_state: Vec<String>,
        line: Option<String>,
        planned_start: Option<DateTime<Utc>>,
        planned_end: Option<DateTime<Utc>>,
    },
}

impl Body {
    pub(super) fn of(said: &Said) -> Self {
        let Said::Says(statement) = said else { return Self::Unreadable { problem: "it says nothing".into() } };
        let get = |name: &str| statement.attributes.get(name).and_then(|said| said.canonical.clone().ok().flatten());
        let raw = |name: &str| statement.attributes.get(name).map(|said| said.values.clone()).unwrap_or_default();
        let text = |name: &str| get(name).unwrap_or_default();
        let id = |name: &str| match get(name).and_then(|value| value.parse().ok()) {
            Some(Reference::Id(id) | Reference::Key(id)) => Some(id),
            None => None,
        };
        let quantity = Decimal::from_str(&text("quantity")).unwrap_or_default();
        let unmapped = |name: &str| match statement.attributes.get(name).map(|said| &said.canonical) {
            Some(Err(Unmapped::Value(value) | Unmapped::Type(value))) => value.clone(),
            _ => String::new(),
        };
        match statement.kind {
            SubjectType::Material => Self::Material { code: text("code"), name: text("name"), unit: text("unit") },
            SubjectType::MaterialLot => Self::Lot {
                number: text("number"),
                material: id("material").unwrap_or_default(),
                quantity,
                unit: text("unit"),
                disposition: text("disposition").parse().map_err(|_| unmapped("disposition")),
                raw_disposition: raw("disposition"),
                location: get("location"),
            },
            SubjectType::ProductionOrder => Self::Order {
                number: text("number"),
                material: id("material"),
                quantity,
                unit: text("unit"),
                state: text("state").parse().map_err(|_| unmapped("state")),
                raw_state: raw("state"),
                line: get("line"),
                planned_start: get("plannedStart").as_deref().and_then(time),
                planned_end: get("plannedEnd").as_deref().and_then(time),
            },
            _ => Self::Unreadable { problem: "it is not applied yet".into() },
        }
    }
}

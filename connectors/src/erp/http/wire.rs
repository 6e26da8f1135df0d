//! The records of the plain HTTP interface. Fields that we do not know are left alone: the other side may add some.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

/// One page.
#[derive(Deserialize)]
pub(crate) struct Listing {
    pub(crate) items: Vec<Value>,
    pub(crate) server_time: DateTime<Utc>,
    pub(crate) has_more: bool,
}

/// What every record has.
#[derive(Deserialize)]
pub(crate) struct Head {
    pub(crate) version: u64,
    pub(crate) created_at: DateTime<Utc>,
    /// Empty until the first change.
    pub(crate) updated_at: Option<DateTime<Utc>>,
}

/// A material.
#[derive(Deserialize)]
pub(crate) struct Material {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) unit: String,
}

/// A lot.
#[derive(Deserialize)]
pub(crate) struct Lot {
    pub(crate) number: String,
    pub(crate) stock_type: String,
    pub(crate) material_id: i64,
    pub(crate) quantity: Decimal,
    pub(crate) unit: String,
    pub(crate) location: Option<String>,
}

/// A production order.
#[derive(Deserialize)]
pub(crate) struct Order {
    pub(crate) number: String,
    pub(crate) status: String,
    pub(crate) line: Option<String>,
    pub(crate) material_id: Option<i64>,
    pub(crate) quantity: Decimal,
    pub(crate) unit: String,
    pub(crate) planned_start: Option<DateTime<Utc>>,
    pub(crate) planned_end: Option<DateTime<Utc>>,
}

/// A refusal.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    pub(crate) error: RefusalDetails,
}

/// Why.
#[derive(Deserialize)]
pub(crate) struct RefusalDetails {
    pub(crate) code: String,
    pub(crate) message: String,
}

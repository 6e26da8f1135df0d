//! The records of the ERP, in the shape in which its API shows them.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

/// What every record has.
#[derive(Clone, Debug, Serialize)]
pub struct Header {
    /// Internal id: never changes, never used again.
    pub id: i64,
    /// The number people use.
    pub number: String,
    /// Counts the changes, from 1.
    pub version: u64,
    /// When the record was made.
    pub created_at: DateTime<Utc>,
    /// When the record was last changed; null until the first change, as in real systems.
    pub updated_at: Option<DateTime<Utc>>,
}

impl Header {
    pub(crate) fn new(id: i64, number: String, now: DateTime<Utc>) -> Self {
        Header { id, number, version: 1, created_at: now, updated_at: None }
    }

    fn changed_at(&self) -> DateTime<Utc> {
        self.updated_at.unwrap_or(self.created_at)
    }

    pub(crate) fn touch(&mut self, now: DateTime<Utc>) {
        self.version += 1;
        self.updated_at = Some(now);
    }
}

/// Something that can be listed.
pub(crate) trait Record: Clone {
    /// When it came to be what it is.
    fn changed_at(&self) -> DateTime<Utc>;
}

/// Something that is bought, kept or made.
#[derive(Clone, Debug, Serialize)]
pub struct Material {
    #[serde(flatten)]
    pub(crate) header: Header,
    /// The same as the number.
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) unit: String,
}

impl Material {
    pub(crate) fn new(header: Header, name: &str, unit: &str) -> Self {
        let code = header.number.clone();
        Material { header, code, name: name.to_owned(), unit: unit.to_owned() }
    }
}

impl Record for Material {
    fn changed_at(&self) -> DateTime<Utc> {
        self.header.changed_at()
    }
}

/// Where a production order is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    /// Planned; the floor does not know it yet.
    Planned,
    /// Handed to the floor.
    Released,
    /// The floor has confirmed that it works on it.
    Started,
    /// The floor has confirmed that it is done.
    Finished,
    /// Will never be made.
    Cancelled,
}

impl OrderStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            OrderStatus::Planned => "PLANNED",
            OrderStatus::Released => "RELEASED",
            OrderStatus::Started => "STARTED",
            OrderStatus::Finished => "FINISHED",
            OrderStatus::Cancelled => "CANCELLED",
        }
    }

    /// Whether the order still has to be made.
    pub(crate) fn is_open(self) -> bool {
        match self {
            OrderStatus::Planned | OrderStatus::Released | OrderStatus::Started => true,
            OrderStatus::Finished | OrderStatus::Cancelled => false,
        }
    }
}

/// A production order.
#[derive(Clone, Debug, Serialize)]
pub struct Order {
    #[serde(flatten)]
    pub(crate) header: Header,
    pub(crate) status: OrderStatus,
    /// Code of the line that makes it: `L1`, `L2`.
    pub(crate) line: &'static str,
    pub(crate) material_id: i64,
    pub(crate) quantity: Decimal,
    pub(crate) unit: String,
    pub(crate) planned_start: DateTime<Utc>,
    pub(crate) planned_end: DateTime<Utc>,
    pub(crate) completed_quantity: Decimal,
    /// Not for the floor before its planned start: it waits beside the orders that keep the lines busy.
    #[serde(skip)]
    pub(crate) parked: bool,
}

impl Record for Order {
    fn changed_at(&self) -> DateTime<Utc> {
        self.header.changed_at()
    }
}

/// What a lot may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockType {
    /// Free to use.
    Unrestricted,
    /// Waiting for the result of an inspection.
    Quality,
    /// Not to be used.
    Blocked,
}

impl StockType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            StockType::Unrestricted => "UNRESTRICTED",
            StockType::Quality => "QUALITY",
            StockType::Blocked => "BLOCKED",
        }
    }
}

/// A lot of a material.
#[derive(Clone, Debug, Serialize)]
pub struct Lot {
    #[serde(flatten)]
    pub(crate) header: Header,
    pub(crate) stock_type: StockType,
    /// What the lot returns to when it is unblocked.
    #[serde(skip)]
    pub(crate) unblocked: StockType,
    pub(crate) material_id: i64,
    pub(crate) quantity: Decimal,
    pub(crate) unit: String,
    pub(crate) location: &'static str,
}

impl Record for Lot {
    fn changed_at(&self) -> DateTime<Utc> {
        self.header.changed_at()
    }
}

//! What a connector of a business system hands in.

use chrono::{DateTime, Utc};
use model::{Disposition, RequestState};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One record of a system, already translated by the crosswalk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The system's kind of record, for instance `production`.
    pub external_model: String,
    /// The system's own, immutable id.
    pub external_id: String,
    /// The system's version of the record, if it has one.
    pub version: Option<String>,
    /// When the system says the record changed.
    pub source_time: Option<DateTime<Utc>>,
    /// What it says.
    pub body: Body,
    /// The record as it came, for whoever has to look into a dead letter.
    pub raw: serde_json::Value,
}

impl Record {
    /// What the system knows it by.
    pub(super) fn key(&self) -> (String, String) {
        (self.external_model.clone(), self.external_id.clone())
    }
}

/// What a record says. A status that the crosswalk does not know is `Err` with the status: it is reported, never guessed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// A record that can not be read.
    Unreadable {
        /// Why.
        problem: String,
    },
    /// A material.
    Material {
        /// Code, unique in the plant.
        code: String,
        /// Name.
        name: String,
        /// Unit of its quantities.
        unit: String,
    },
    /// A lot.
    Lot {
        /// Number, unique with the material.
        number: String,
        /// The system's id of the material.
        material: String,
        /// Quantity on hand.
        quantity: Decimal,
        /// Unit of the quantity.
        unit: String,
        /// What it may be used for.
        disposition: Result<Disposition, String>,
        /// The status or statuses as the system wrote them.
        raw_disposition: Vec<String>,
        /// Where it lies.
        location: Option<String>,
    },
    /// A production order.
    Order {
        /// Business number; may change.
        number: String,
        /// The system's id of the material made.
        material: Option<String>,
        /// Ordered quantity.
        quantity: Decimal,
        /// Unit of the quantity.
        unit: String,
        /// State.
        state: Result<RequestState, String>,
        /// The status or statuses as the system wrote them.
        raw_state: Vec<String>,
        /// Code of the line it is planned on.
        line: Option<String>,
        /// Planned start.
        planned_start: Option<DateTime<Utc>>,
        /// Planned end.
        planned_end: Option<DateTime<Utc>>,
    },
}

/// Records that are applied together, with the place they were read up to.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The stream.
    pub stream: String,
    /// In the order in which they were read.
    pub records: Vec<Record>,
    /// Saved in the transaction that applies the records. Opaque here.
    pub cursor: Option<String>,
    /// Version of the crosswalk.
    pub mapping_version: String,
    /// Whether the pass over the stream ends with this page.
    pub complete: bool,
}

/// What a page did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Records that changed something.
    pub changed: u64,
    /// Records that were known already.
    pub unchanged: u64,
    /// Records older than what is known.
    pub late: u64,
    /// Records that could not be applied.
    pub dead_letters: u64,
}

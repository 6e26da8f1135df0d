//! The records of the WMS, in the shape in which its API shows them.

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Value, json};

/// The warehouse writes local time.
const OFFSET_SECONDS: i32 = 3_600;

/// A time as the WMS writes it.
pub(super) fn time(at: DateTime<Utc>) -> Value {
    let offset = FixedOffset::east_opt(OFFSET_SECONDS).expect("an hour is an offset");
    Value::from(at.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Millis, false))
}

/// A quantity as the WMS writes it: a JSON number.
fn number(quantity: Decimal) -> Value {
    match quantity.normalize().to_i64().filter(|_| quantity.fract().is_zero()) {
        Some(whole) => Value::from(whole),
        None => Value::from(quantity.to_f64().unwrap_or_default()),
    }
}

/// The unit as the WMS calls it.
pub(super) fn unit(base: &str) -> &'static str {
    match base {
        "KG" => "KG",
        "L" => "LTR",
        _ => "EA",
    }
}

/// What is listed.
pub(super) trait Record {
    fn id(&self) -> i64;
    fn updated_at(&self) -> DateTime<Utc>;
    fn json(&self) -> Value;
}

impl<R: Record> Record for &R {
    fn id(&self) -> i64 {
        (*self).id()
    }

    fn updated_at(&self) -> DateTime<Utc> {
        (*self).updated_at()
    }

    fn json(&self) -> Value {
        (*self).json()
    }
}

#[derive(Clone, Debug)]
pub(super) struct Material {
    pub(super) id: i64,
    pub(super) code: String,
    pub(super) description: String,
    pub(super) uom: &'static str,
    pub(super) created_at: DateTime<Utc>,
}

impl Record for Material {
    fn id(&self) -> i64 {
        self.id
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    fn json(&self) -> Value {
        let category = match self.code.split('-').next() {
            Some("FG") => "FINISHED",
            Some("PK") => "PACKAGING",
            _ => "RAW",
        };
        json!({
            "id": self.id, "code": self.code, "description": self.description, "uom": self.uom, "category": category,
            "created_at": time(self.created_at), "updated_at": time(self.created_at),
        })
    }
}

/// What may be done with a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Available,
    QcHold,
    Blocked,
    Damaged,
    Shipped,
}

impl Status {
    pub(super) const ALL: [Status; 5] =
        [Status::Available, Status::QcHold, Status::Blocked, Status::Damaged, Status::Shipped];

    pub(super) fn word(self) -> &'static str {
        match self {
            Status::Available => "AVAILABLE",
            Status::QcHold => "QC_HOLD",
            Status::Blocked => "BLOCKED",
            Status::Damaged => "DAMAGED",
            Status::Shipped => "SHIPPED",
        }
    }
}

/// A lot. Its stock is told beside it, under another id.
#[derive(Clone, Debug)]
pub(super) struct Lot {
    pub(super) id: i64,
    pub(super) number: String,
    pub(super) material: String,
    pub(super) status: Status,
    /// What it returns to when it is unblocked.
    pub(super) unblocked: Status,
    pub(super) reason: Option<String>,
    pub(super) quantity: Decimal,
    pub(super) uom: &'static str,
    pub(super) bin: String,
    pub(super) expires_on: Option<NaiveDate>,
    pub(super) deleted: bool,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) revision: u64,
}

/// Added to the id of a lot, gives that of its stock.
pub(super) const STOCK_IDS: i64 = 50_000_000;

impl Lot {
    pub(super) fn touch(&mut self, now: DateTime<Utc>) {
        self.updated_at = now;
        self.revision += 1;
    }
}

impl Record for Lot {
    fn id(&self) -> i64 {
        self.id
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id, "lot_no": self.number, "material_code": self.material, "status": self.status.word(),
            "reason": self.reason, "quantity": number(self.quantity), "uom": self.uom, "bin": self.bin,
            "expires_on": self.expires_on, "deleted": self.deleted, "created_at": time(self.created_at),
            "updated_at": time(self.updated_at), "revision": self.revision,
        })
    }
}

/// The stock of a lot.
pub(super) struct Stock<'a>(pub(super) &'a Lot);

impl Record for Stock<'_> {
    fn id(&self) -> i64 {
        STOCK_IDS + self.0.id
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    fn json(&self) -> Value {
        let lot = self.0;
        json!({
            "id": self.id(), "lot_id": lot.id, "lot_no": lot.number, "material_code": lot.material, "bin": lot.bin,
            "quantity": number(lot.quantity), "uom": lot.uom, "status": lot.status.word(),
            "updated_at": time(lot.updated_at), "revision": lot.revision,
        })
    }
}

/// How far a staging task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Staging {
    Open,
    Picking,
    Staged,
    Consumed,
    Short,
    Cancelled,
}

impl Staging {
    pub(super) fn word(self) -> &'static str {
        match self {
            Staging::Open => "OPEN",
            Staging::Picking => "PICKING",
            Staging::Staged => "STAGED",
            Staging::Consumed => "CONSUMED",
            Staging::Short => "SHORT",
            Staging::Cancelled => "CANCELLED",
        }
    }
}

/// Material to be brought to a line.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) id: i64,
    pub(super) order: String,
    pub(super) material: String,
    /// Id and number.
    pub(super) lot: Option<(i64, String)>,
    pub(super) quantity: Decimal,
    pub(super) uom: &'static str,
    pub(super) from_bin: Option<String>,
    pub(super) to_bin: String,
    pub(super) state: Staging,
    pub(super) due_at: DateTime<Utc>,
    pub(super) expedited: bool,
    /// Nobody takes it up until it is expedited.
    pub(super) stuck: bool,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) revision: u64,
}

impl Task {
    pub(super) fn number(&self) -> String {
        format!("ST-{:06}", self.id)
    }

    pub(super) fn enter(&mut self, state: Staging, now: DateTime<Utc>) {
        self.state = state;
        self.updated_at = now;
        self.revision += 1;
    }
}

impl Record for Task {
    fn id(&self) -> i64 {
        self.id
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id, "task_no": self.number(), "order_no": self.order, "material_code": self.material,
            "lot_id": self.lot.as_ref().map(|lot| lot.0), "lot_no": self.lot.as_ref().map(|lot| &lot.1),
            "quantity": number(self.quantity), "uom": self.uom, "from_bin": self.from_bin, "to_bin": self.to_bin,
            "state": self.state.word(), "due_at": time(self.due_at), "expedited": self.expedited,
            "updated_at": time(self.updated_at), "revision": self.revision,
        })
    }
}

/// A shipment.
#[derive(Clone, Debug)]
pub(super) struct Shipment {
    pub(super) id: i64,
    pub(super) number: String,
    pub(super) customer: &'static str,
    pub(super) state: &'static str,
    pub(super) planned_at: DateTime<Utc>,
    pub(super) eta: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) revision: u64,
    /// Lot, material, pieces.
    pub(super) items: &'static [(&'static str, &'static str, u32)],
}

impl Record for Shipment {
    fn id(&self) -> i64 {
        self.id
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    fn json(&self) -> Value {
        let items: Vec<_> = self
            .items
            .iter()
            .zip(1..)
            .map(|((lot, material, pieces), line)| {
                json!({ "line": line, "lot_no": lot, "material_code": material, "quantity": pieces, "uom": "EA" })
            })
            .collect();
        json!({
            "id": self.id, "shipment_no": self.number, "customer": self.customer, "state": self.state,
            "planned_at": time(self.planned_at), "eta": time(self.eta), "updated_at": time(self.updated_at),
            "revision": self.revision, "items": items,
        })
    }
}

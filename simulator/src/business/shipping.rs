//! The shipments of the story, which the ERP calls deliveries.

use std::time::Duration;

use chrono::TimeDelta;

/// A shipment as both systems plan it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shipping {
    pub(crate) number: &'static str,
    pub(crate) customer_no: &'static str,
    pub(crate) customer: &'static str,
    /// Lot, material, pieces.
    pub(crate) items: &'static [(&'static str, &'static str, u32)],
    /// When it is to leave, from the start of the story.
    pub(crate) leaves: TimeDelta,
    /// What becomes of it.
    pub(crate) course: Course,
}

/// What becomes of a shipment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// It waits for its time.
    Waits,
    /// It is picked while we watch.
    Picked,
    /// It left before we came.
    Gone,
}

/// All of them.
pub(crate) const SHIPMENTS: [Shipping; 3] = [
    Shipping {
        number: "0080001001",
        customer_no: "0010100002",
        customer: "Kaufhaus Nord",
        items: &[("L-4711", "FG-SAUCE-340", 1080)],
        leaves: TimeDelta::minutes(30),
        course: Course::Waits,
    },
    Shipping {
        number: "0080001002",
        customer_no: "0010100003",
        customer: "Getraenke Sommer",
        items: &[("L-4712", "FG-LEMON-330", 1620)],
        leaves: TimeDelta::minutes(120),
        course: Course::Picked,
    },
    Shipping {
        number: "0080001000",
        customer_no: "0010100002",
        customer: "Kaufhaus Nord",
        items: &[("L-4712", "FG-LEMON-330", 600)],
        leaves: TimeDelta::minutes(-600),
        course: Course::Gone,
    },
];

/// When the warehouse begins to pick, and when it is ready.
pub(crate) const PICKING_AT: [Duration; 2] = [Duration::from_secs(20), Duration::from_secs(40)];
/// How much later the ERP hears of it.
pub(crate) const ERP_HEARS_AFTER: Duration = Duration::from_secs(6);

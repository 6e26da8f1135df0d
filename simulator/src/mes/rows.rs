//! The records of the MES, and the rows of its views.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// A table of the MES's database; a view of the same columns shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    Material,
    Lot,
    Job,
    JobResponse,
    LineState,
    Genealogy,
    Deletion,
}

impl Table {
    pub(super) const ALL: [Table; 7] = [
        Table::Material,
        Table::Lot,
        Table::Job,
        Table::JobResponse,
        Table::LineState,
        Table::Genealogy,
        Table::Deletion,
    ];

    /// The name, after `v_` for the view and `t_` for the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Table::Material => "material",
            Table::Lot => "lot",
            Table::Job => "job",
            Table::JobResponse => "job_response",
            Table::LineState => "line_state",
            Table::Genealogy => "genealogy",
            Table::Deletion => "deletion",
        }
    }

    /// The columns before the time and the number of the change; the first one is the key.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Table::Material => &["material", "name", "unit"],
            Table::Lot => &["lot_id", "lot", "material", "disposition", "status", "quantity", "unit"],
            Table::Job => &[
                "job_id",
                "order_no",
                "line",
                "material",
                "state",
                "planned_qty",
                "good_qty",
                "scrap_qty",
                "unit",
                "planned_start",
                "planned_end",
            ],
            Table::JobResponse => &[
                "response_id",
                "job_id",
                "order_no",
                "line",
                "state",
                "good_qty",
                "scrap_qty",
                "unit",
                "started_at",
                "ended_at",
            ],
            Table::LineState => &["line", "state", "order_no", "stop_reason"],
            Table::Genealogy => &[
                "link_id",
                "parent_lot_id",
                "parent_lot",
                "parent_material",
                "child_lot_id",
                "child_lot",
                "child_material",
                "quantity",
                "unit",
                "order_no",
            ],
            Table::Deletion => &["entry", "kind", "id"],
        }
    }

    /// The name of the column with the time of the change.
    pub(super) fn time_column(self) -> &'static str {
        if self == Table::Deletion { "deleted_at" } else { "changed_at" }
    }
}

/// A row to be written, or a key to be deleted.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Write { table: Table, values: Vec<Option<String>>, at: String, seq: i64 },
    Delete { table: Table, key: String },
}

/// Which of a job's values is its planned quantity.
pub(super) const PLANNED_QTY: usize = 5;

/// A time as the MES writes it: UTC without saying so.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

fn quantity(value: Decimal) -> Option<String> {
    Some(value.normalize().to_string())
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[derive(Clone, Debug)]
pub(super) struct Material {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) unit: String,
}

impl Material {
    pub(super) fn values(&self) -> Vec<Option<String>> {
        vec![text(&self.code), text(&self.name), text(&self.unit)]
    }
}

/// A lot, with the words of B2MML.
#[derive(Clone, Debug)]
pub(super) struct Lot {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) material: String,
    pub(super) restricted: bool,
    pub(super) status: String,
    pub(super) quantity: Decimal,
    pub(super) unit: String,
}

impl Lot {
    pub(super) fn disposition(&self) -> &'static str {
        match self.restricted {
            true => "Restricted",
            false if self.quantity.is_zero() => "Closed",
            false => "UnRestricted",
        }
    }

    pub(super) fn values(&self) -> Vec<Option<String>> {
        vec![
            text(&self.id),
            text(&self.number),
            text(&self.material),
            text(self.disposition()),
            text(&self.status),
            quantity(self.quantity),
            text(&self.unit),
        ]
    }
}

/// The id of a lot.
pub(super) fn lot_id(material: &str, number: &str) -> String {
    format!("LOT/{material}/{number}")
}

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobState {
    Queued,
    Ready,
    Running,
    Interrupted,
    Done,
    Cancelled,
}

impl JobState {
    pub(super) fn word(self) -> &'static str {
        match self {
            JobState::Queued => "QUEUED",
            JobState::Ready => "READY",
            JobState::Running => "RUNNING",
            JobState::Interrupted => "INTERRUPTED",
            JobState::Done => "DONE",
            JobState::Cancelled => "CANCELLED",
        }
    }

    /// The word of a job response; none while there is nothing to respond.
    pub(super) fn response(self) -> Option<&'static str> {
        match self {
            JobState::Queued | JobState::Ready | JobState::Cancelled => None,
            JobState::Running => Some("Running"),
            JobState::Interrupted => Some("Held"),
            JobState::Done => Some("Completed"),
        }
    }
}

/// A job order, and what is known of its making.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) order: String,
    pub(super) line: String,
    pub(super) material: String,
    pub(super) state: JobState,
    pub(super) planned: Decimal,
    pub(super) good: u32,
    pub(super) scrap: u32,
    pub(super) unit: String,
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    /// What the floor and the ERP said last; what a client did stays until they say something else.
    pub(super) heard: (JobState, String),
}

impl Job {
    pub(super) fn id(&self) -> String {
        format!("JOB-{}", self.order)
    }

    pub(super) fn response_id(&self) -> String {
        format!("JR-{}", self.order)
    }

    pub(super) fn values(&self) -> Vec<Option<String>> {
        vec![
            Some(self.id()),
            text(&self.order),
            text(&self.line),
            text(&self.material),
            text(self.state.word()),
            quantity(self.planned),
            Some(self.good.to_string()),
            Some(self.scrap.to_string()),
            text(&self.unit),
            Some(time(self.start)),
            Some(time(self.end)),
        ]
    }

    pub(super) fn response_values(&self) -> Option<Vec<Option<String>>> {
        let state = self.state.response()?;
        Some(vec![
            Some(self.response_id()),
            Some(self.id()),
            text(&self.order),
            text(&self.line),
            text(state),
            Some(self.good.to_string()),
            Some(self.scrap.to_string()),
            text(&self.unit),
            self.started_at.map(time),
            self.ended_at.map(time),
        ])
    }
}

/// A line as the MES sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) code: &'static str,
    pub(super) state: &'static str,
    pub(super) order: Option<String>,
    pub(super) stop_reason: Option<String>,
}

impl Line {
    pub(super) fn values(&self) -> Vec<Option<String>> {
        vec![text(self.code), text(self.state), self.order.clone(), self.stop_reason.clone()]
    }
}

/// What of one lot went into another.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) id: i64,
    /// Number and material.
    pub(super) parent: (String, String),
    pub(super) child: (String, String),
    pub(super) quantity: Decimal,
    pub(super) unit: String,
    pub(super) order: String,
}

impl Link {
    pub(super) fn key(&self) -> String {
        format!("LINK-{:06}", self.id)
    }

    pub(super) fn values(&self) -> Vec<Option<String>> {
        vec![
            Some(self.key()),
            Some(lot_id(&self.parent.1, &self.parent.0)),
            text(&self.parent.0),
            text(&self.parent.1),
            Some(lot_id(&self.child.1, &self.child.0)),
            text(&self.child.0),
            text(&self.child.1),
            quantity(self.quantity),
            text(&self.unit),
            text(&self.order),
        ]
    }
}

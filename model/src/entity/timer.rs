//! A durable timer, on the database's time.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{CaseId, LineId, PlantId, TimerId},
    word::words,
};

words! {
    /// What a timer is for.
    TimerKind {
        /// Opens a downtime case when the line is still down.
        DowntimeThreshold = "DOWNTIME_THRESHOLD",
        /// Escalates a case that nobody acknowledged.
        Acknowledge = "ACKNOWLEDGE",
        /// Closes a case when the line still runs.
        Verify = "VERIFY",
        /// Opens a case when systems still contradict each other.
        ConflictWindow = "CONFLICT_WINDOW",
    }
}

words! {
    /// State of a timer.
    TimerState {
        /// Not due yet, or due and not yet seen.
        Pending = "PENDING",
        /// Fired, once.
        Fired = "FIRED",
        /// No longer needed.
        Cancelled = "CANCELLED",
    }
}

/// A durable timer, on the database's time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "timer")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TimerId,
    /// The plant.
    pub plant_id: PlantId,
    /// What it is for.
    pub kind: TimerKind,
    /// The case it serves.
    pub case_id: Option<CaseId>,
    /// The line it watches.
    pub line_id: Option<LineId>,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// State.
    pub state: TimerState,
    /// When it fired or was cancelled.
    pub ended_at: Option<DateTime<Utc>>,
    /// Kind of the subject it watches.
    pub subject_type: Option<SubjectType>,
    /// The subject it watches.
    pub subject_id: Option<Uuid>,
    /// The attribute it watches.
    pub attribute: Option<String>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Timer, TimerId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

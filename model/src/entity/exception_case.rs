//! An exception case.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{CaseId, HoldId, LineId, OrderId, PlantId},
    principal::Role,
    state::{CaseClass, CaseState, DecisionOption, Severity},
};

/// An exception case.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "exception_case")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CaseId,
    /// The plant.
    pub plant_id: PlantId,
    /// Class.
    pub class: CaseClass,
    /// The workflow template and its version; a running case keeps it.
    pub template: String,
    /// What happened, in a line.
    pub title: String,
    /// State.
    pub state: CaseState,
    /// Severity.
    pub severity: Severity,
    /// The line concerned.
    pub line_id: Option<LineId>,
    /// The production order that ran when it happened.
    pub order_id: Option<OrderId>,
    /// The role that owns the case.
    pub owner_role: Role,
    /// The person who acknowledged it.
    pub owner_person: Option<String>,
    /// Their name.
    pub owner_name: Option<String>,
    /// The role it was escalated to.
    pub escalated_to: Option<Role>,
    /// When.
    pub escalated_at: Option<DateTime<Utc>>,
    /// Source time of the signal.
    pub signal_at: DateTime<Utc>,
    /// When plantgraph saw it.
    pub detected_at: DateTime<Utc>,
    /// When somebody took it.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When the damage could no longer grow.
    pub contained_at: Option<DateTime<Utc>>,
    /// When the terminal decision took effect.
    pub decided_at: Option<DateTime<Utc>>,
    /// When everything decided was done.
    pub executed_at: Option<DateTime<Utc>>,
    /// When the effect was proved.
    pub verified_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// The terminal decision in effect.
    pub decision: Option<DecisionOption>,
    /// Who took it; several names when several approved.
    pub decided_by: Option<String>,
    /// Number of returns to an earlier state.
    pub rework_loops: i64,
    /// Number of signals that joined, the first included.
    pub signals: i64,
    /// Kind of the subject it is about.
    pub subject_type: Option<SubjectType>,
    /// The subject it is about, unless it is about a line.
    pub subject_id: Option<Uuid>,
    /// The attribute of the subject it is about.
    pub attribute: Option<String>,
    /// The hold it carries out.
    pub hold_id: Option<HoldId>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Case, CaseId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

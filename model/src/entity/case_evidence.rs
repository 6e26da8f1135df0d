//! A piece of evidence of a case.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{CaseId, EvidenceId, PlantId, TaskId},
    quantity::Quantity,
    state::EvidenceKind,
};

/// A piece of evidence of a case.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "case_evidence")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EvidenceId,
    /// The plant.
    pub plant_id: PlantId,
    /// The case.
    pub case_id: CaseId,
    /// The task that it belongs to.
    pub task_id: Option<TaskId>,
    /// Kind.
    pub kind: EvidenceKind,
    /// What was seen, or the reference.
    pub text: String,
    /// The measured value.
    pub value: Option<Quantity>,
    /// Its unit.
    pub unit: Option<String>,
    /// Name of who added it.
    pub added_by: String,
    /// The person who added it.
    pub added_by_person: String,
    /// When.
    pub added_at: DateTime<Utc>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(CaseEvidence, EvidenceId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

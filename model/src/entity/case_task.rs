//! A task of a case.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{CaseId, PlantId, TaskId},
    principal::Role,
    state::{EvidenceKind, TaskPurpose, TaskState},
};

/// A task of a case.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "case_task")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskId,
    /// The plant.
    pub plant_id: PlantId,
    /// The case.
    pub case_id: CaseId,
    /// What it is for.
    pub purpose: TaskPurpose,
    /// What to do.
    pub title: String,
    /// Who does it.
    pub owner_role: Role,
    /// The evidence that must be there to complete it.
    pub evidence_required: Option<EvidenceKind>,
    /// State.
    pub state: TaskState,
    /// Name of who did it.
    pub done_by: Option<String>,
    /// The person who did it.
    pub done_by_person: Option<String>,
    /// When.
    pub done_at: Option<DateTime<Utc>>,
    /// Order among the tasks of the case.
    pub position: i64,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(CaseTask, TaskId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

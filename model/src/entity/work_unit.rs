//! A work unit of a line.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{LineId, PlantId, WorkUnitId},
};

/// A work unit of a line.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "work_unit")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WorkUnitId,
    /// The plant.
    pub plant_id: PlantId,
    /// The line.
    pub line_id: LineId,
    /// Code, unique in the line.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(WorkUnit, WorkUnitId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! A process parameter of a line, with its limits. The running value lives in memory; here stands what crossed a limit or changed quality.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{LineId, ParameterId, PlantId},
    quantity::Quantity,
    state::{LimitState, Quality},
};

/// A process parameter of a line, with its limits. The running value lives in memory; here stands what crossed a limit or changed quality.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "parameter")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ParameterId,
    /// The plant.
    pub plant_id: PlantId,
    /// The line.
    pub line_id: LineId,
    /// Name, unique in the line.
    pub name: String,
    /// Unit (UCUM).
    pub unit: String,
    /// Low limit.
    pub low: Option<Quantity>,
    /// High limit.
    pub high: Option<Quantity>,
    /// Where it stood at the last good reading; `None` before the first.
    pub limit_state: Option<LimitState>,
    /// Quality of the last reading.
    pub quality: Quality,
    /// Source time of the last crossing or change of quality.
    pub changed_at: Option<DateTime<Utc>>,
    /// The reading at that time.
    pub value: Option<Quantity>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Parameter, ParameterId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! An alarm of a device (OPC UA condition), as last reported.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{AlarmId, LineId, PlantId, SourceId},
};

/// An alarm of a device (OPC UA condition), as last reported.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "alarm")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AlarmId,
    /// The plant.
    pub plant_id: PlantId,
    /// The system that reports it.
    pub source_id: SourceId,
    /// The line it concerns.
    pub line_id: Option<LineId>,
    /// The node that it is about.
    pub source_node: String,
    /// The condition, by its node.
    pub condition: String,
    /// The branch of the condition; empty for the present one.
    pub branch: String,
    /// Name of the condition.
    pub name: String,
    /// What the device says.
    pub message: String,
    /// Urgency, 1 to 1000; more is worse.
    pub severity: i64,
    /// Whether its cause is there.
    pub active: bool,
    /// Whether somebody acknowledged it.
    pub acked: bool,
    /// Whether somebody confirmed that it was dealt with.
    pub confirmed: bool,
    /// Whether the device suppresses it.
    pub suppressed: bool,
    /// Whether the device still shows it.
    pub retain: bool,
    /// Since when its cause is there, by source time.
    pub active_since: Option<DateTime<Utc>>,
    /// Who acknowledged it, as the device says.
    pub acked_by: Option<String>,
    /// Whether the last report was fetched after a gap.
    pub replayed: bool,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Alarm, AlarmId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

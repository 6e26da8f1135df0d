//! A job order: the part of a production order that one line runs.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{JobOrderId, LineId, OrderId, PlantId},
    quantity::Quantity,
    state::{JobState, JobSubState, Readiness},
};

/// A job order: the part of a production order that one line runs.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "job_order")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobOrderId,
    /// The plant.
    pub plant_id: PlantId,
    /// The production order.
    pub order_id: OrderId,
    /// The line; `None` while nothing is assigned.
    pub line_id: Option<LineId>,
    /// State (OPC 10031-4).
    pub state: JobState,
    /// Good pieces counted by the line.
    pub good_quantity: Quantity,
    /// Scrap pieces counted by the line.
    pub scrap_quantity: Quantity,
    /// Sub-state (OPC 10031-4), as far as anybody says.
    pub sub_state: Option<JobSubState>,
    /// Whether its material is ready; `None` outside the horizon.
    pub readiness: Option<Readiness>,
    /// What is missing, as JSON.
    pub readiness_detail: Option<String>,
    /// When that was computed.
    pub readiness_at: Option<DateTime<Utc>>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(JobOrder, JobOrderId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

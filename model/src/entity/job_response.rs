//! What was reported of the execution of a job order (B2MML `JobResponse`).

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{JobOrderId, JobResponseId, PlantId},
    quantity::Quantity,
    state::ResponseState,
};

/// What was reported of the execution of a job order (B2MML `JobResponse`).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "job_response")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobResponseId,
    /// The plant.
    pub plant_id: PlantId,
    /// The job order.
    pub job_order_id: JobOrderId,
    /// Business number, unique in the plant.
    pub number: String,
    /// State (B2MML).
    pub state: ResponseState,
    /// Good quantity made.
    pub good_quantity: Quantity,
    /// Scrapped quantity.
    pub scrap_quantity: Quantity,
    /// Unit of the quantities.
    pub unit: String,
    /// When it started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(JobResponse, JobResponseId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! A line (ISA-95 work center) with its last known state.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{AreaId, JobOrderId, LineId, PlantId},
    state::{Freshness, LineState, Quality},
};

/// A line (ISA-95 work center) with its last known state.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "line")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LineId,
    /// The plant.
    pub plant_id: PlantId,
    /// The area.
    pub area_id: AreaId,
    /// Code, unique in the plant.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Last state that arrived with a usable status; `None` before the first.
    pub state: Option<LineState>,
    /// Source time of the change to `state`.
    pub state_since: Option<DateTime<Utc>>,
    /// When the device says the last report was true.
    pub state_source_time: Option<DateTime<Utc>>,
    /// When the OPC UA server says it was true.
    pub state_server_time: Option<DateTime<Utc>>,
    /// When it arrived here.
    pub state_received_time: Option<DateTime<Utc>>,
    /// Full 32-bit OPC UA StatusCode of the last report.
    pub state_status: i64,
    /// Quality of the last report; with `BAD` the state is not a current value.
    pub state_quality: Quality,
    /// Whether the source keeps the state current.
    pub freshness: Freshness,
    /// Why it is not, while stale.
    pub stale_reason: Option<String>,
    /// Since when the line has been in EXECUTE without a break, by source time.
    pub executing_since: Option<DateTime<Utc>>,
    /// When the line left EXECUTE by an interruption, by source time; `None` once it is idle, complete or producing again.
    pub left_execute_at: Option<DateTime<Utc>>,
    /// Since when the line has been down (STOPPED, ABORTED, HELD) after such an interruption, by source time.
    pub down_since: Option<DateTime<Utc>>,
    /// The order that the line says it runs, by its business number.
    pub active_order_number: Option<String>,
    /// Source time of the report that named it; an older report changes nothing.
    pub active_order_at: Option<DateTime<Utc>>,
    /// The job order that the line runs, once its order is known.
    pub active_job_order_id: Option<JobOrderId>,
    /// Good pieces since the line was first seen, resets of the counter bridged.
    pub good_count: i64,
    /// Scrap pieces, likewise.
    pub scrap_count: i64,
    /// Last raw reading of the good counter, to bridge its resets.
    pub good_raw: Option<i64>,
    /// Source time of that reading; an older one counts nothing.
    pub good_read_at: Option<DateTime<Utc>>,
    /// Last raw reading of the scrap counter.
    pub scrap_raw: Option<i64>,
    /// Source time of that reading.
    pub scrap_read_at: Option<DateTime<Utc>>,
    /// How long the line may be down before a case opens, in milliseconds.
    pub downtime_threshold_ms: i64,
    /// How long the owner has to acknowledge before the case escalates, in milliseconds.
    pub acknowledge_within_ms: i64,
    /// How long the line must run before a case may close, in milliseconds.
    pub verify_for_ms: i64,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Line, LineId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! A record that could not be applied, kept until it can.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{DeadLetterId, PlantId, SourceId},
};

/// A record that could not be applied, kept until it can.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "dead_letter")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeadLetterId,
    /// The plant.
    pub plant_id: PlantId,
    /// The system it came from.
    pub source_id: SourceId,
    /// The stream.
    pub stream: String,
    /// The system's kind of record.
    pub external_model: String,
    /// The system's own id.
    pub external_id: String,
    /// Stable code of the reason.
    pub code: String,
    /// The reason in words.
    pub message: String,
    /// Version of the crosswalk that it was read with.
    pub mapping_version: String,
    /// The record as it came.
    pub payload: String,
    /// When it was last refused.
    pub at: DateTime<Utc>,
    /// When it was applied after all.
    pub resolved_at: Option<DateTime<Utc>>,
    /// How often it was tried again.
    #[serde(default)]
    pub attempts: i64,
    /// When it is tried again; `None` waits for somebody.
    pub next_retry_at: Option<DateTime<Utc>>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(DeadLetter, DeadLetterId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! The link of a system's own id to a subject of the twin.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{PlantId, ReferenceId, SourceId},
};

/// The link of a system's own id to a subject of the twin.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "external_reference")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReferenceId,
    /// The plant.
    pub plant_id: PlantId,
    /// The system.
    pub source_id: SourceId,
    /// The system's kind of record.
    pub external_model: String,
    /// The system's own, immutable id.
    pub external_id: String,
    /// Kind of the subject.
    pub subject_type: SubjectType,
    /// The subject.
    pub subject_id: Uuid,
    /// When the system says that the record, as it is applied, was changed; an older version of it changes nothing.
    pub source_time: Option<DateTime<Utc>>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(ExternalReference, ReferenceId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

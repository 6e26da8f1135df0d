//! What one system says of one attribute of one subject. Claims of several systems stand side by side.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{ClaimId, PlantId, SourceId},
};

/// What one system says of one attribute of one subject. Claims of several systems stand side by side.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "claim")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClaimId,
    /// The plant.
    pub plant_id: PlantId,
    /// Who claims.
    pub source_id: SourceId,
    /// Kind of the subject.
    pub subject_type: SubjectType,
    /// The subject.
    pub subject_id: Uuid,
    /// The attribute.
    pub attribute: String,
    /// The value as the source wrote it: a JSON array, because a source may claim several at once.
    pub value_set: String,
    /// The value after the crosswalk.
    pub canonical: String,
    /// When the source says it became true.
    pub source_time: Option<DateTime<Utc>>,
    /// When it arrived here.
    pub received_time: DateTime<Utc>,
    /// The source's version of the record.
    pub source_version: Option<String>,
    /// The crosswalk's version.
    pub mapping_version: String,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Claim, ClaimId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

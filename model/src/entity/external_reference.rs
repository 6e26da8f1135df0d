//! The link of a system's own id to a subject of the twin.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{PlantId, ReferenceId, SourceId},
};

fn no_claims() -> String {
    "{}".to_owned()
}

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
    /// What the system says of the subject: JSON, attribute to `{v: values, c: canonical, t: source time, r: received time}`.
    #[serde(default = "no_claims")]
    pub claims: String,
    /// When the record last arrived.
    pub received_time: Option<DateTime<Utc>>,
    /// The system's version of the record.
    pub source_version: Option<String>,
    /// Version of the mapping it was read with.
    #[serde(default)]
    pub mapping_version: String,
    /// Since when the system does not have the record any more.
    pub absent_since: Option<DateTime<Utc>>,
    /// Number of complete reads in a row that did not have it.
    #[serde(default)]
    pub missed_sweeps: i64,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

/// What a system says of one attribute, as it is kept in [`Model::claims`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The values as the system wrote them; none: it says that there is nothing.
    #[serde(rename = "v")]
    pub values: Vec<String>,
    /// What they mean; a reference is the natural key of the subject that it leads to.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
    /// The subject that a reference leads to.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Uuid>,
    /// Since when, on the system's clock.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub source_time: Option<DateTime<Utc>>,
    /// Since when, on ours.
    #[serde(rename = "r")]
    pub received_time: DateTime<Utc>,
}

/// What a system says of a subject, by attribute.
pub type Claims = BTreeMap<String, Said>;

impl Model {
    /// What the system says.
    ///
    /// # Errors
    /// When the column was not written by this program.
    pub fn says(&self) -> Result<Claims, serde_json::Error> {
        serde_json::from_str(&self.claims)
    }
}

impl ActiveModelBehavior for ActiveModel {}

subject!(ExternalReference, ReferenceId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

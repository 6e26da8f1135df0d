//! A plant (ISA-95 site).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{EnterpriseId, PlantId},
};

fn no_tolerances() -> String {
    "[]".to_owned()
}

/// A plant (ISA-95 site).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "plant")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlantId,
    /// The owner.
    pub enterprise_id: EnterpriseId,
    /// Natural key.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// IANA time zone, in which shifts and days are counted.
    pub time_zone: String,
    /// How long pairs of its systems may differ, where its file says otherwise than the rules: a JSON array.
    #[serde(default = "no_tolerances")]
    pub tolerances: String,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Plant, PlantId, |row: &Model| Some(row.id), Some(Column::Id));

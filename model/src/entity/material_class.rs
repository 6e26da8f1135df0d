//! A class of materials.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{MaterialClassId, PlantId},
};

/// A class of materials.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "material_class")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MaterialClassId,
    /// The plant.
    pub plant_id: PlantId,
    /// Code, unique in the plant.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(MaterialClass, MaterialClassId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

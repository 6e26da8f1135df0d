//! A material definition as one plant knows it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{MaterialClassId, MaterialId, PlantId},
};

/// A material definition as one plant knows it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "material")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MaterialId,
    /// The plant.
    pub plant_id: PlantId,
    /// Code, unique in the plant.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Unit of its quantities.
    pub unit: String,
    /// Its class.
    pub class_id: Option<MaterialClassId>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Material, MaterialId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

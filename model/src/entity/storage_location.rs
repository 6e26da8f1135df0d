//! A place of a plant where material lies.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{AreaId, PlantId, StorageLocationId},
    state::StorageKind,
};

/// A place of a plant where material lies.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "storage_location")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StorageLocationId,
    /// The plant.
    pub plant_id: PlantId,
    /// The area it lies in.
    pub area_id: Option<AreaId>,
    /// Code, unique in the plant.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// What it is for.
    pub kind: StorageKind,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(StorageLocation, StorageLocationId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! A shift of a plant's calendar. Its times are those of the plant's clock on the wall.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{PlantId, ShiftId},
};

/// A shift of a plant's calendar. Its times are those of the plant's clock on the wall.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "shift")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShiftId,
    /// The plant.
    pub plant_id: PlantId,
    /// Code, unique in the plant.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// The days on which it starts: `MON,TUE,…`.
    pub weekdays: String,
    /// When it starts, `HH:MM` in the plant's time zone.
    pub starts_at: String,
    /// When it ends; not later than the start means the next day.
    pub ends_at: String,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Shift, ShiftId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

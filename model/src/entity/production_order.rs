//! A production order, as the twin concludes from the claims.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{MaterialId, OrderId, PlantId},
    quantity::Quantity,
    state::RequestState,
};

/// A production order, as the twin concludes from the claims.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "production_order")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// The plant.
    pub plant_id: PlantId,
    /// Business number; may change, the id does not.
    pub number: String,
    /// What is made.
    pub material_id: Option<MaterialId>,
    /// State.
    pub state: RequestState,
    /// Ordered quantity.
    pub quantity: Quantity,
    /// Unit of the quantity.
    pub unit: String,
    /// Planned start.
    pub planned_start: Option<DateTime<Utc>>,
    /// Planned end.
    pub planned_end: Option<DateTime<Utc>>,
    /// What the state is called by the source, when it is OTHER.
    pub other_state: Option<String>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(ProductionOrder, OrderId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

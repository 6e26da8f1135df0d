//! Material to be brought to where it is needed.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{LotId, MaterialId, OrderId, PlantId, StagingTaskId},
    quantity::Quantity,
    state::StagingState,
};

/// Material to be brought to where it is needed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "staging_task")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StagingTaskId,
    /// The plant.
    pub plant_id: PlantId,
    /// Business number, unique in the plant.
    pub number: String,
    /// The production order that needs it.
    pub order_id: Option<OrderId>,
    /// The material.
    pub material_id: Option<MaterialId>,
    /// The lot, once one is chosen.
    pub lot_id: Option<LotId>,
    /// How much.
    pub quantity: Quantity,
    /// Unit of the quantity.
    pub unit: String,
    /// Code of the place it comes from.
    pub from_location: Option<String>,
    /// Code of the place it goes to.
    pub to_location: Option<String>,
    /// State.
    pub state: StagingState,
    /// What the state is called by the source, when it is OTHER.
    pub other_state: Option<String>,
    /// When it must be there.
    pub due_at: Option<DateTime<Utc>>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(StagingTask, StagingTaskId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! Goods on their way to a customer.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{PlantId, ShipmentId},
    state::ShipmentState,
};

/// Goods on their way to a customer.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "shipment")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShipmentId,
    /// The plant.
    pub plant_id: PlantId,
    /// Business number, unique in the plant.
    pub number: String,
    /// Who gets it.
    pub customer: Option<String>,
    /// State.
    pub state: ShipmentState,
    /// What the state is called by the source, when it is OTHER.
    pub other_state: Option<String>,
    /// When it shall leave.
    pub planned_at: Option<DateTime<Utc>>,
    /// When it is expected to arrive.
    pub eta: Option<DateTime<Utc>>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Shipment, ShipmentId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! What a shipment carries.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{LotId, MaterialId, PlantId, ShipmentId, ShipmentItemId},
    quantity::Quantity,
};

/// What a shipment carries.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "shipment_item")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ShipmentItemId,
    /// The plant.
    pub plant_id: PlantId,
    /// The shipment.
    pub shipment_id: ShipmentId,
    /// The lot, once one is chosen.
    pub lot_id: Option<LotId>,
    /// The material.
    pub material_id: Option<MaterialId>,
    /// How much.
    pub quantity: Quantity,
    /// Unit of the quantity.
    pub unit: String,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(ShipmentItem, ShipmentItemId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

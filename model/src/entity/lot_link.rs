//! One step of genealogy: material of one lot went into another.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{LotId, LotLinkId, OrderId, PlantId},
    quantity::Quantity,
};

/// One step of genealogy: material of one lot went into another.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "lot_link")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LotLinkId,
    /// The plant.
    pub plant_id: PlantId,
    /// The lot that was used.
    pub parent_lot_id: LotId,
    /// The lot that was made from it.
    pub child_lot_id: LotId,
    /// How much of the parent went in; zero when nobody said.
    pub quantity: Quantity,
    /// Unit of the quantity.
    pub unit: String,
    /// The production order that used it.
    pub order_id: Option<OrderId>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(LotLink, LotLinkId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

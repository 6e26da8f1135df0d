//! One line of a bill of material: so much of a component goes into one unit of a material.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{BillItemId, MaterialId, PlantId},
    quantity::Quantity,
};

/// One line of a bill of material: so much of a component goes into one unit of a material.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "bill_item")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BillItemId,
    /// The plant.
    pub plant_id: PlantId,
    /// What is made.
    pub material_id: MaterialId,
    /// What goes into it.
    pub component_id: MaterialId,
    /// How much goes into one unit of the material.
    pub quantity: Quantity,
    /// Unit of the quantity.
    pub unit: String,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(BillItem, BillItemId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

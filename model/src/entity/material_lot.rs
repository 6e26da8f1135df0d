//! A material lot, as the twin concludes from the claims.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{LotId, MaterialId, PlantId},
    quantity::Quantity,
    state::Disposition,
};

/// A material lot, as the twin concludes from the claims.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "material_lot")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LotId,
    /// The plant.
    pub plant_id: PlantId,
    /// The material.
    pub material_id: MaterialId,
    /// Lot number, unique with the material.
    pub number: String,
    /// Quantity on hand.
    pub quantity: Quantity,
    /// Unit of the quantity.
    pub unit: String,
    /// What it may be used for.
    pub disposition: Disposition,
    /// Free status code of the source (B2MML keeps both).
    pub status: Option<String>,
    /// Where it lies, by the source's code.
    pub location: Option<String>,
    /// Number of open holds; the lot is usable only at zero.
    pub open_holds: i64,
    /// The lot that it is a part of (sublot).
    pub parent_lot_id: Option<LotId>,
    /// What the disposition is called by the source, when it is OTHER.
    pub other_disposition: Option<String>,
    /// When it must no longer be used.
    pub expires_at: Option<DateTime<Utc>>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(MaterialLot, LotId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! A hold on a lot. A lot may have several; it is usable only when all are released.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{HoldId, LotId, PlantId},
    state::HoldState,
};

/// A hold on a lot. A lot may have several; it is usable only when all are released.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "hold")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HoldId,
    /// The plant.
    pub plant_id: PlantId,
    /// The lot.
    pub lot_id: LotId,
    /// Why.
    pub reason: String,
    /// Whether it binds.
    pub state: HoldState,
    /// Name of who placed it.
    pub placed_by: String,
    /// The person who placed it.
    pub placed_by_person: String,
    /// When.
    pub placed_at: DateTime<Utc>,
    /// Name of who released it.
    pub released_by: Option<String>,
    /// The person who released it.
    pub released_by_person: Option<String>,
    /// When.
    pub released_at: Option<DateTime<Utc>>,
    /// Why it was released.
    pub release_reason: Option<String>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Hold, HoldId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

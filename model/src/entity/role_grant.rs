//! A role that an account holds in a plant.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{GrantId, PlantId},
    principal::Role,
};

/// A role that an account holds in a plant.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "role_grant")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GrantId,
    /// The plant.
    pub plant_id: PlantId,
    /// The account: the token's subject.
    pub subject: String,
    /// The person behind it; two accounts of one person are one pair of eyes.
    pub person: String,
    /// Name to show.
    pub name: String,
    /// The role.
    pub role: Role,
    /// A service account, which decides nothing.
    pub service: bool,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(RoleGrant, GrantId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

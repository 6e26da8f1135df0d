//! An enterprise: the owner of plants. A portfolio holds several.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::EnterpriseId,
};

/// An enterprise: the owner of plants. A portfolio holds several.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "enterprise")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EnterpriseId,
    /// Natural key.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Enterprise, EnterpriseId, |_: &Model| None, None);

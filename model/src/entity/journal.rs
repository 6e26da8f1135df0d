//! A row of the journal: one durable change.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::{entity::subject::SubjectType, ids::PlantId, journal::ChangeKind};

/// A row of the journal: one durable change.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal")]
pub struct Model {
    /// Position: dense, from 1, in the order of commits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub pos: i64,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// The plant; `None` for what belongs to no single plant.
    pub plant_id: Option<PlantId>,
    /// Kind of the subject.
    pub subject_type: SubjectType,
    /// The subject.
    pub subject_id: Uuid,
    /// The subject's revision after the change.
    pub revision: i64,
    /// What happened.
    pub kind: ChangeKind,
    /// The row before, as JSON text; `None` when it was created. Text, because its bytes are hashed.
    pub before: Option<String>,
    /// The row after, as JSON text.
    pub after: String,
    /// Who or what acted.
    pub actor: String,
    /// Why, in words or as a reference; what the actor reacted to.
    pub cause: String,
    /// Joins the rows of one request or one batch.
    pub correlation: Uuid,
    /// SHA-256 over this row and the hash of the row before.
    pub hash: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}

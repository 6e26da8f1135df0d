//! A document that belongs to a subject, there or missing.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{DocumentId, PlantId},
    state::DocumentState,
};

/// A document that belongs to a subject, there or missing.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "document")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DocumentId,
    /// The plant.
    pub plant_id: PlantId,
    /// Business number, unique in the plant.
    pub number: String,
    /// What it is, for example `certificate of analysis`.
    pub kind: String,
    /// Kind of the subject.
    pub subject_type: SubjectType,
    /// The subject it belongs to.
    pub subject_id: Uuid,
    /// Whether the subject is incomplete without it.
    pub required: bool,
    /// State.
    pub state: DocumentState,
    /// What the state is called by the source, when it is OTHER.
    pub other_state: Option<String>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Document, DocumentId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

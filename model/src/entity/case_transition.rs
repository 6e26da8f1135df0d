//! One step of a case from state to state.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{CaseId, PlantId, TransitionId},
    state::CaseState,
};

/// One step of a case from state to state.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "case_transition")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TransitionId,
    /// The plant.
    pub plant_id: PlantId,
    /// The case.
    pub case_id: CaseId,
    /// The revision of the case that the step made; one step each.
    pub case_revision: i64,
    /// From.
    pub from_state: CaseState,
    /// To.
    pub to_state: CaseState,
    /// What caused it.
    pub event: String,
    /// Who or what.
    pub actor: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(CaseTransition, TransitionId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

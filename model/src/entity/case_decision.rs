//! A decision on a case: proposed, approved, in effect or superseded.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{CaseId, DecisionId, PlantId},
    state::{DecisionOption, DecisionState},
};

/// A decision on a case: proposed, approved, in effect or superseded.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "case_decision")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DecisionId,
    /// The plant.
    pub plant_id: PlantId,
    /// The case.
    pub case_id: CaseId,
    /// What was decided.
    pub option: DecisionOption,
    /// Its parameters, as JSON; approvers approve exactly these.
    pub parameters: String,
    /// Why, in the proposer's words.
    pub reason: String,
    /// State.
    pub state: DecisionState,
    /// Who approved: a JSON array of `Approval`, the proposer first.
    pub approvals: String,
    /// How many distinct people it needs.
    pub approvals_needed: i64,
    /// Version of the table of rights that judged it.
    pub policy_version: String,
    /// The row that allowed it.
    pub policy_row: String,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
    /// When it took effect.
    pub effective_at: Option<DateTime<Utc>>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(CaseDecision, DecisionId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

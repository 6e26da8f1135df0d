//! A contradiction that somebody accepted, with a reason and until a time.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{AcceptedDifferenceId, CaseId, DecisionId, PlantId, SourceId},
};

/// A contradiction that somebody accepted, with a reason and until a time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "accepted_difference")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AcceptedDifferenceId,
    /// The plant.
    pub plant_id: PlantId,
    /// Kind of the subject.
    pub subject_type: SubjectType,
    /// The subject.
    pub subject_id: Uuid,
    /// The attribute on which the systems differ.
    pub attribute: String,
    /// Which contradiction: other claims make another one.
    pub fingerprint: String,
    /// The system whose claim counts meanwhile; `None` leaves the rule's choice.
    pub chosen_source: Option<SourceId>,
    /// Why.
    pub reason: String,
    /// Name of who accepted it.
    pub accepted_by: String,
    /// The person who accepted it.
    pub accepted_by_person: String,
    /// When the acceptance ends by itself.
    pub until: DateTime<Utc>,
    /// The case it was decided in.
    pub case_id: Option<CaseId>,
    /// The decision.
    pub decision_id: Option<DecisionId>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(AcceptedDifference, AcceptedDifferenceId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

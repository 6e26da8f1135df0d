//! A command to a system of record. It counts only when the effect was read back.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{CaseId, CommandId, DecisionId, HoldId, PlantId, SourceId},
    word::words,
};

words! {
    /// What a system of record can be told to do. The payload names the record (`externalModel`, `externalId`, `number`), the
    /// `reason`, and what the action needs.
    Action {
        /// Moves a production order to another line: `line`.
        Resequence = "RESEQUENCE",
        /// Takes a lot out of use: `material`, `quantity`, `unit`, `location`.
        BlockLot = "BLOCK_LOT",
        /// Gives a lot free for use: as for a block.
        ReleaseLot = "RELEASE_LOT",
        /// Releases a production order for execution.
        ReleaseOrder = "RELEASE_ORDER",
        /// Starts a production order.
        StartOrder = "START_ORDER",
        /// Cancels a production order.
        CancelOrder = "CANCEL_ORDER",
    }
}

impl Action {
    /// The action after which a system says `value` of an attribute; `None`: no command makes it say that.
    pub fn that_makes(kind: SubjectType, attribute: &str, value: &str) -> Option<Self> {
        match (kind, attribute, value) {
            (SubjectType::MaterialLot, "disposition", "RESTRICTED") => Some(Self::BlockLot),
            (SubjectType::MaterialLot, "disposition", "UNRESTRICTED") => Some(Self::ReleaseLot),
            (SubjectType::ProductionOrder, "state", "RELEASED" | "READY") => Some(Self::ReleaseOrder),
            (SubjectType::ProductionOrder, "state", "RUNNING") => Some(Self::StartOrder),
            (SubjectType::ProductionOrder, "state", "CANCELLED") => Some(Self::CancelOrder),
            _ => None,
        }
    }
}

words! {
    /// State of a command.
    CommandState {
        /// Waits for a sender.
        Pending = "PENDING",
        /// A sender holds it.
        Leased = "LEASED",
        /// Handed to the system.
        Sent = "SENT",
        /// The system accepted it.
        Acked = "ACKED",
        /// The effect is being read back.
        Verifying = "VERIFYING",
        /// The effect was read back.
        Verified = "VERIFIED",
        /// The read-back shows something else.
        Mismatch = "MISMATCH",
        /// The system refused.
        Rejected = "REJECTED",
        /// Nobody knows whether it took effect; a human must look.
        Unknown = "UNKNOWN",
    }
}

/// A command to a system of record. It counts only when the effect was read back.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "command")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommandId,
    /// The plant.
    pub plant_id: PlantId,
    /// The case that wants it.
    pub case_id: Option<CaseId>,
    /// The decision behind it.
    pub decision_id: Option<DecisionId>,
    /// The system that shall act.
    pub source_id: SourceId,
    /// What it shall do, by the connector's name for it.
    pub action: String,
    /// The subject it acts on.
    pub subject_id: Uuid,
    /// Arguments, as JSON.
    pub payload: String,
    /// State.
    pub state: CommandState,
    /// How often it was leased.
    pub attempts: i64,
    /// Until when a sender holds it.
    pub leased_until: Option<DateTime<Utc>>,
    /// What the system answered, in words.
    pub outcome: Option<String>,
    /// When it came into its state.
    pub changed_at: DateTime<Utc>,
    /// The hold it carries out.
    pub hold_id: Option<HoldId>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(Command, CommandId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

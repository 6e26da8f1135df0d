//! A source system of a plant: what makes claims, and how well it is heard.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    entity::subject::{SubjectType, subject},
    ids::{PlantId, SourceId},
    state::Freshness,
    word::words,
};

words! {
    /// Kind of a source system.
    SourceKind {
        /// An OPC UA server of the floor.
        OpcUa = "OPC_UA",
        /// Enterprise resource planning.
        Erp = "ERP",
        /// Manufacturing execution.
        Mes = "MES",
        /// Warehouse management.
        Wms = "WMS",
    }
}

fn no_actions() -> String {
    "[]".to_owned()
}

/// A source system of a plant: what makes claims, and how well it is heard.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "source_system")]
pub struct Model {
    /// Internal id; never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SourceId,
    /// The plant.
    pub plant_id: PlantId,
    /// Code, unique in the plant.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Kind.
    pub kind: SourceKind,
    /// Whether it is heard.
    pub freshness: Freshness,
    /// Why it is not, while stale.
    pub reason: Option<String>,
    /// Since when.
    pub changed_at: Option<DateTime<Utc>>,
    /// Number of recorded gaps.
    pub gaps: i64,
    /// What it can be told to do: a JSON list of canonical actions.
    #[serde(default = "no_actions")]
    pub actions: String,
    /// Whether somebody stopped all commands to it.
    #[serde(default)]
    pub commands_stopped: bool,
    /// The manifest it is connected by, and its version.
    pub manifest: Option<String>,
    /// Counts the changes of this row, from 1.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

subject!(SourceSystem, SourceId, |row: &Model| Some(row.plant_id), Some(Column::PlantId));

//! Who acts, and what they are in which plant. The token says who; the database says the rest.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{ids::PlantId, scope::Scope, word::words};

words! {
    /// A role: a bundle of capabilities that a person holds in one plant.
    Role {
        /// Runs a machine.
        Operator = "OPERATOR",
        /// Leads a line in a shift.
        LineLead = "LINE_LEAD",
        /// Leads maintenance.
        MaintenanceLead = "MAINTENANCE_LEAD",
        /// Plans orders.
        Planner = "PLANNER",
        /// Leads the warehouse.
        WarehouseLead = "WAREHOUSE_LEAD",
        /// Examines quality.
        QualityEngineer = "QUALITY_ENGINEER",
        /// Decides on quality.
        QualityManager = "QUALITY_MANAGER",
        /// Answers for the plant.
        PlantManager = "PLANT_MANAGER",
        /// Compares plants; reads only.
        PortfolioAnalyst = "PORTFOLIO_ANALYST",
        /// Connects systems.
        IntegrationAdmin = "INTEGRATION_ADMIN",
        /// Reads everything that was decided.
        Auditor = "AUDITOR",
    }
}

/// A verified caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The token's subject: the account.
    pub subject: String,
    /// The person behind the account. Two accounts of one person are one pair of eyes.
    pub person: String,
    /// The name to show.
    pub name: String,
    /// Roles by plant.
    pub grants: Vec<(PlantId, Role)>,
    /// A service account: reads and synchronises, decides nothing.
    pub service: bool,
    /// May introspect the schema.
    pub developer: bool,
    /// When the proof of identity ends.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Principal {
    /// The plants that the principal may see.
    pub fn scope(&self) -> Scope {
        Scope::of(self.grants.iter().map(|(plant, _)| *plant))
    }

    /// The roles held in a plant.
    pub fn roles_in(&self, plant: PlantId) -> BTreeSet<Role> {
        self.grants.iter().filter(|(granted, _)| *granted == plant).map(|(_, role)| *role).collect()
    }

    /// Keeps only these plants: a token may narrow what the database grants, never widen it.
    #[must_use]
    pub fn narrowed_to(mut self, plants: &BTreeSet<PlantId>) -> Self {
        self.grants.retain(|(plant, _)| plants.contains(plant));
        self
    }
}

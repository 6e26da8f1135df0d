//! Words of people.

use super::mirror;

mirror! {
    /// A role: a bundle of rights that a person holds in one plant.
    Role of model::Role {
        /// Runs a machine.
        Operator,
        /// Leads a line in a shift.
        LineLead,
        /// Leads maintenance.
        MaintenanceLead,
        /// Plans orders.
        Planner,
        /// Leads the warehouse.
        WarehouseLead,
        /// Examines quality.
        QualityEngineer,
        /// Decides on quality.
        QualityManager,
        /// Answers for the plant.
        PlantManager,
        /// Compares plants; reads only.
        PortfolioAnalyst,
        /// Connects systems.
        IntegrationAdmin,
        /// Reads everything that was decided.
        Auditor,
    }
}

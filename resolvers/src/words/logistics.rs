//! Words of storage, staging, shipments and documents.

use super::mirror;

mirror! {
    /// What a storage location is for.
    StorageKind of model::StorageKind {
        /// Keeping material.
        Storage,
        /// Keeping material that may not be used.
        Quarantine,
        /// Where material waits for its line.
        Staging,
        /// Where goods leave.
        Shipping,
        /// Anything else.
        Other,
    }
}

mirror! {
    /// State of a staging task.
    StagingState of model::StagingState {
        /// Planned, not yet released.
        Planned,
        /// To be done.
        Released,
        /// Material is on its way.
        InProgress,
        /// Material is where it is needed.
        Staged,
        /// Will not be done.
        Cancelled,
        /// None of these; `otherState` tells which.
        Other,
    }
}

mirror! {
    /// State of a shipment.
    ShipmentState of model::ShipmentState {
        /// Planned, not yet released.
        Planned,
        /// To be picked.
        Released,
        /// Being picked.
        Picking,
        /// Packed, ready to leave.
        Packed,
        /// May not leave.
        Held,
        /// On its way.
        Shipped,
        /// With the customer.
        Delivered,
        /// Will not leave.
        Cancelled,
        /// None of these; `otherState` tells which.
        Other,
    }
}

mirror! {
    /// State of a document.
    DocumentState of model::DocumentState {
        /// Not there.
        Missing,
        /// There, not yet approved.
        Present,
        /// There and approved.
        Approved,
        /// No longer valid.
        Expired,
        /// None of these; `otherState` tells which.
        Other,
    }
}

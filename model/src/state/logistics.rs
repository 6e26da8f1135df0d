//! States of storage, staging, shipments and documents. No standard has one that all systems speak; these are plantgraph's own.

use crate::word::words;

words! {
    /// What a storage location is for.
    StorageKind {
        /// Keeping material.
        Storage = "STORAGE",
        /// Keeping material that may not be used.
        Quarantine = "QUARANTINE",
        /// Where material waits for its line.
        Staging = "STAGING",
        /// Where goods leave.
        Shipping = "SHIPPING",
        /// Anything else.
        Other = "OTHER",
    }
}

words! {
    /// State of a staging task.
    StagingState {
        /// Planned, not yet released.
        Planned = "PLANNED",
        /// To be done.
        Released = "RELEASED",
        /// Material is on its way.
        InProgress = "IN_PROGRESS",
        /// Material is where it is needed.
        Staged = "STAGED",
        /// Will not be done.
        Cancelled = "CANCELLED",
        /// None of these; the free state tells which.
        Other = "OTHER",
    }
}

words! {
    /// State of a shipment.
    ShipmentState {
        /// Planned, not yet released.
        Planned = "PLANNED",
        /// To be picked.
        Released = "RELEASED",
        /// Being picked.
        Picking = "PICKING",
        /// Packed, ready to leave.
        Packed = "PACKED",
        /// May not leave.
        Held = "HELD",
        /// On its way.
        Shipped = "SHIPPED",
        /// With the customer.
        Delivered = "DELIVERED",
        /// Will not leave.
        Cancelled = "CANCELLED",
        /// None of these; the free state tells which.
        Other = "OTHER",
    }
}

words! {
    /// State of a document.
    DocumentState {
        /// Not there.
        Missing = "MISSING",
        /// There, not yet approved.
        Present = "PRESENT",
        /// There and approved.
        Approved = "APPROVED",
        /// No longer valid.
        Expired = "EXPIRED",
        /// None of these; the free state tells which.
        Other = "OTHER",
    }
}

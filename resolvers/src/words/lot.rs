//! Words of lots.

use super::mirror;

mirror! {
    /// What a lot may be used for (B2MML `Disposition`).
    Disposition of model::Disposition {
        /// Assigned, but does not exist yet.
        Planned,
        /// Being worked on.
        InProcess,
        /// Not permitted for normal use, for example awaiting a quality decision.
        Restricted,
        /// Permitted for use, unless a hold binds.
        Unrestricted,
        /// Consumed, sold or disposed of.
        Closed,
        /// None of the standard's values; `otherDisposition` tells which.
        Other,
    }
}

mirror! {
    /// Whether a hold binds.
    HoldState of model::HoldState {
        /// The hold binds: the lot may not be used.
        Open,
        /// The hold was lifted.
        Released,
    }
}

//! States of material lots and holds (B2MML V7 `Disposition`).

use crate::word::words;

words! {
    /// What a lot may be used for (B2MML `Disposition`).
    Disposition {
        /// Assigned, but does not exist yet.
        Planned = "PLANNED",
        /// Being worked on.
        InProcess = "IN_PROCESS",
        /// Not permitted for normal use, for example awaiting a quality decision.
        Restricted = "RESTRICTED",
        /// Permitted for use.
        Unrestricted = "UNRESTRICTED",
        /// Consumed, sold or disposed of.
        Closed = "CLOSED",
        /// None of the standard's values; the free status tells which.
        Other = "OTHER",
    }
}

impl Disposition {
    /// Whether a lot with this disposition and so many open holds may be used.
    pub const fn is_usable(self, open_holds: i64) -> bool {
        matches!(self, Self::Unrestricted) && open_holds == 0
    }
}

words! {
    /// Whether a hold binds.
    HoldState {
        /// The hold binds: the lot may not be used.
        Open = "OPEN",
        /// The hold was lifted.
        Released = "RELEASED",
    }
}

//! The field's state models: pure, without database or clock.

pub mod case;
pub mod line;
pub mod logistics;
pub mod lot;
pub mod order;
pub mod quality;
pub mod readiness;

pub use case::{CaseClass, CaseState, DecisionOption, DecisionState, EvidenceKind, Severity, TaskPurpose, TaskState};
pub use line::LineState;
pub use logistics::{DocumentState, ShipmentState, StagingState, StorageKind};
pub use lot::{Disposition, HoldState};
pub use order::{JobState, JobSubState, Readiness, RequestState, ResponseState};
pub use quality::{Freshness, LimitState, Quality};
pub use readiness::MissingMaterial;

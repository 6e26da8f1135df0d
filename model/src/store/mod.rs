//! The only door to the database: [`Store`] opens it, [`View`] reads inside a scope, [`Tx`] writes and journals.
//!
//! Queries are grouped by topic, one file each. A read takes a [`crate::Scope`], apart from those named `job_…`, which
//! serve the process itself.

mod as_of;
mod batch;
mod connect;
mod idempotency;
mod lease;
mod tx;
mod view;

mod alarm;
mod case;
mod directory;
mod genealogy;
mod line;
mod logistics;
mod lot;
mod material;
mod order;
mod readiness;
mod reference;
mod source;
mod timer;

pub use connect::{Database, Store, StoreOptions};
pub use lease::Lease;
pub use readiness::ReadinessInputs;
pub use tx::{Actor, Tx};
pub use view::{CHILDREN_MAX, CaseFilter, Page, PageRequest, View};

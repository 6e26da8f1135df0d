//! Scalars beyond those of GraphQL.

mod decimal;
mod duration;
mod json;
mod safe_int;

pub use decimal::Decimal;
pub use duration::Duration;
pub use json::Json;
pub use safe_int::SafeInt;

//! A moment of the past, from which a row can be read.

use chrono::{DateTime, Utc};

/// A moment of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// After everything that was recorded at this time or before. A time that is still to come is the present.
    Time(DateTime<Utc>),
    /// After the row of the journal with this position.
    Position(i64),
}

//! How far a stream has been read: a watermark with overlap, and an id keyset inside the window.
//!
//! Business systems stamp a row when its transaction begins and show it when that ends, so a row can appear with a stamp
//! behind the newest one seen. A strict "newer than the last" loses it for ever. Therefore each pass begins `overlap`
//! before the watermark and reads some rows again, which changes nothing. Inside a pass the rows come by id, not by
//! time: equal or truncated stamps can then not make a page boundary skip one.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How far the clock that stamps rows may lag behind the clock that the server tells. Without it, the rows of a large
/// change would be inside the overlap of the newest among them, and be read again for as long as nothing else changes.
const CLOCK_LAG_MAX: TimeDelta = TimeDelta::minutes(10);

/// Where a stream stands. Everybody else keeps it as an opaque text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The version of the mapping that everything so far was read with.
    mapping: String,
    /// All rows stamped before this have been read; `None`: nothing has.
    watermark: Option<DateTime<Utc>>,
    /// The pass that is under way.
    pass: Option<Pass>,
}

/// One pass over everything that changed since the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// Rows stamped at this time or later are asked for; `None`: all rows.
    pub since: Option<DateTime<Utc>>,
    /// Rows with a greater id are asked for.
    pub after: i64,
    /// The server's clock when the pass began.
    began: DateTime<Utc>,
    /// The latest stamp seen.
    newest: Option<DateTime<Utc>>,
}

/// What a pass needs to know of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its id, which orders the pass.
    pub id: i64,
    /// When it was last changed, or made when it never was.
    pub changed: Option<DateTime<Utc>>,
}

impl Cursor {
    /// Reads a saved cursor. One of another mapping, or one that can not be read, starts from the beginning: reading
    /// everything again is always safe, and a new mapping has to see every row.
    pub fn restore(text: Option<&str>, mapping: &str) -> Self {
        let fresh = || Self { mapping: mapping.to_owned(), watermark: None, pass: None };
        let Some(text) = text else { return fresh() };
        match serde_json::from_str::<Self>(text) {
            Ok(cursor) if cursor.mapping == mapping => cursor,
            Ok(cursor) => {
                tracing::info!(old = cursor.mapping, new = mapping, "the mapping changed: reading everything again");
                fresh()
            }
            Err(error) => {
                tracing::warn!(%error, "a saved cursor can not be read: reading everything again");
                fresh()
            }
        }
    }

    /// The cursor as it is saved.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a cursor has only text and times")
    }

    /// The pass that is under way, after a restart for instance.
    pub const fn pass(&self) -> Option<Pass> {
        self.pass
    }

    /// Whether no pass has ever been completed or begun.
    pub const fn is_new(&self) -> bool {
        self.watermark.is_none() && self.pass.is_none()
    }

    /// The same stream, with everything before `now` taken as read. For rows that only say that others have changed.
    #[must_use]
    pub fn starting_at(self, now: DateTime<Utc>) -> Self {
        Self { watermark: Some(now), ..self }
    }

    /// A new pass. `now` is the server's clock, read before the first row is asked for. Should that clock have been set
    /// back, the window follows it, so that rows stamped with the old clock's past are still seen.
    pub fn begin(&self, now: DateTime<Utc>, overlap: Duration) -> Pass {
        let overlap = TimeDelta::from_std(overlap).unwrap_or(TimeDelta::MAX);
        let since =
            self.watermark.map(|mark| mark.min(now).checked_sub_signed(overlap).unwrap_or(DateTime::<Utc>::MIN_UTC));
        Pass { since, after: 0, began: now, newest: None }
    }

    /// The cursor after a page of `pass`. `more` says that the pass goes on.
    #[must_use]
    pub fn advance(self, pass: Pass, rows: &[Seen], more: bool) -> Self {
        let after = rows.iter().map(|row| row.id).fold(pass.after, i64::max);
        let newest = rows.iter().filter_map(|row| row.changed).chain(pass.newest).max();
        if more {
            return Self { pass: Some(Pass { after, newest, ..pass }), ..self };
        }
        // A row that changed after the pass began may have had its old place behind us: only what is older is complete.
        let reached = newest.map(|newest| newest.min(pass.began));
        let settled = pass.began - CLOCK_LAG_MAX;
        let watermark = self.watermark.max(reached).map(|mark| mark.max(settled));
        Self { watermark, pass: None, ..self }
    }
}

#[cfg(test)]
mod tests;

//! How far a stream has been read: a watermark with overlap, and a place inside the pass. The reasons are those of
//! [`crate::erp::scan`]; here the place can be of any kind that interfaces have.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far the clock that stamps rows may lag behind the clock that the server tells. Without it, the rows of a large
/// change would be inside the overlap of the newest among them, and be read again for as long as nothing else changes.
const CLOCK_LAG_MAX: TimeDelta = TimeDelta::minutes(10);
/// Pages of one pass. With 100 rows each, ten million; a system that goes on sends its pages in a circle.
const PAGES_MAX: u64 = 100_000;
/// Passes that may begin again because the system forgot the place, before that is an error.
const RESTARTS_MAX: u32 = 3;

/// Where a stream stands. Everybody else keeps it as an opaque text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The version of the mapping that everything so far was read with.
    mapping: String,
    /// All rows stamped before this have been read; `None`: nothing has.
    watermark: Option<DateTime<Utc>>,
    /// The pass that is under way.
    pass: Option<Pass>,
    /// When all keys were last looked at, by our clock.
    pub(super) swept: Option<DateTime<Utc>>,
    /// A look at all keys comes next.
    pub(super) sweeps: bool,
    /// How often the pass had to begin again.
    restarts: u32,
}

/// One pass over everything that changed since the last one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pass {
    /// Rows stamped at this time or later are asked for; `None`: all rows.
    pub(super) since: Option<DateTime<Utc>>,
    /// Where the next page begins.
    pub(super) place: Place,
    /// Pages read so far.
    pages: u64,
    /// The server's clock when the pass began; `None` before its first answer.
    pub(super) began: Option<DateTime<Utc>>,
    /// The latest stamp seen.
    newest: Option<DateTime<Utc>>,
}

/// A place in a pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// At the beginning.
    Start,
    /// Behind the row with this key.
    After(Value),
    /// At this row.
    Offset(u64),
    /// At the page of this number.
    Page(u64),
    /// At what the system calls so.
    Token(String),
    /// At this URL.
    Link(String),
}

impl Cursor {
    /// Reads a saved cursor. One of another mapping, or one that can not be read, starts from the beginning: reading
    /// everything again is always safe, and a new mapping has to see every row.
    pub(super) fn restore(text: Option<&str>, mapping: &str) -> Self {
        let fresh =
            Self { mapping: mapping.to_owned(), watermark: None, pass: None, swept: None, sweeps: false, restarts: 0 };
        let Some(text) = text else { return fresh };
        match serde_json::from_str::<Self>(text) {
            Ok(cursor) if cursor.mapping == mapping => cursor,
            Ok(cursor) => {
                tracing::info!(old = cursor.mapping, new = mapping, "the mapping changed: reading everything again");
                fresh
            }
            Err(error) => {
                tracing::warn!(%error, "a saved cursor can not be read: reading everything again");
                fresh
            }
        }
    }

    /// The cursor as it is saved.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a cursor has only text, numbers and times")
    }

    /// The pass that is under way, or a new one.
    pub(super) fn pass(&self, overlap: Duration) -> Pass {
        let overlap = TimeDelta::from_std(overlap).unwrap_or(TimeDelta::MAX);
        let since = self.watermark.map(|mark| mark.checked_sub_signed(overlap).unwrap_or(DateTime::<Utc>::MIN_UTC));
        let fresh = Pass { since, place: Place::Start, pages: 0, began: None, newest: None };
        self.pass.clone().unwrap_or(fresh)
    }

    /// Whether a pass is under way.
    pub(super) fn is_passing(&self) -> bool {
        self.pass.is_some()
    }

    /// Whether no pass has ever been completed or begun.
    pub(super) fn is_new(&self) -> bool {
        self.watermark.is_none() && self.pass.is_none()
    }

    /// The same stream, with everything before `now` taken as read. For rows that only say that others have changed.
    pub(super) fn start_at(&mut self, now: DateTime<Utc>) {
        self.watermark = Some(now);
    }

    /// The system forgot the place: the pass begins again.
    ///
    /// # Errors
    /// When it did so again and again.
    pub(super) fn restart(&mut self) -> Result<(), ()> {
        self.pass = None;
        self.restarts += 1;
        if self.restarts > RESTARTS_MAX { Err(()) } else { Ok(()) }
    }

    /// A page of the pass was read. `next`: where it goes on; `None`: it ended. `since_last`: how long ago, by our clock, the
    /// pass before it ended.
    ///
    /// # Errors
    /// When the pass does not come to an end.
    pub(super) fn advance(
        &mut self,
        pass: Pass,
        newest: Option<DateTime<Utc>>,
        next: Option<Place>,
        since_last: TimeDelta,
    ) -> Result<(), String> {
        let newest = newest.into_iter().chain(pass.newest).max();
        if let Some(place) = next {
            if place == pass.place || pass.pages >= PAGES_MAX {
                return Err("the pages do not come to an end: the next one is the one that was just read".to_owned());
            }
            self.pass = Some(Pass { place, pages: pass.pages + 1, newest, ..pass });
            return Ok(());
        }
        // A row that changed after the pass began may have had its old place behind us: only what is older is complete.
        let reached = newest.map(|newest| pass.began.map_or(newest, |began| newest.min(began)));
        self.watermark = self.watermark.max(reached);
        if let (Some(mark), Some(began)) = (self.watermark, pass.began) {
            let mark = mark.max(began - CLOCK_LAG_MAX);
            // A mark in the future says that the clock over there was set back: the window follows it, and covers what was
            // stamped since the last pass.
            self.watermark = Some(if mark > began { began - since_last.max(TimeDelta::zero()) } else { mark });
        }
        self.pass = None;
        self.restarts = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

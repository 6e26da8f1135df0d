//! How far a stream of a database was read.
//!
//! The same thoughts as in [`crate::erp::scan`], for keys of any type: inside a pass the rows come in the order of a key
//! or of version and key, so that equal versions and times can not make a page boundary skip one; and a pass begins
//! before the end of the last one, because rows become visible later than they are numbered or stamped.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::query::Bound;

/// How far the clock that stamps rows may lag behind the one that the server tells. See [`crate::erp::scan`].
const CLOCK_LAG_MAX: TimeDelta = TimeDelta::minutes(10);

/// Where a stream stands. Everybody else keeps it as an opaque text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    mapping: String,
    /// The highest version of all passes that ended.
    pub(super) version: Option<i64>,
    /// All rows stamped before this have been read.
    watermark: Option<DateTime<Utc>>,
    pub(super) pass: Option<Pass>,
    /// When the last pass began, by the server's clock.
    passed: Option<DateTime<Utc>>,
    /// When all keys were last looked at.
    swept: Option<DateTime<Utc>>,
}

/// One pass over what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pass {
    /// Rows stamped at this time or later are asked for.
    pub(super) since: Option<DateTime<Utc>>,
    /// Rows with a higher version are asked for, or with this one and a higher key.
    pub(super) version: Option<i64>,
    /// Rows with a higher key are asked for.
    pub(super) key: Option<Bound>,
    began: DateTime<Utc>,
    newest: Option<DateTime<Utc>>,
}

/// What a pass needs to know of the rows of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Key of the last row.
    pub(super) last_key: Option<Bound>,
    /// Version of the last row, which is the highest.
    pub(super) last_version: Option<i64>,
    /// The latest time of any row.
    pub(super) newest: Option<DateTime<Utc>>,
}

impl Cursor {
    /// Reads a saved cursor; one of another mapping starts from the beginning.
    pub(super) fn restore(text: Option<&str>, mapping: &str) -> Self {
        let saved = text.and_then(|text| match serde_json::from_str::<Self>(text) {
            Ok(cursor) => Some(cursor),
            Err(error) => {
                tracing::warn!(%error, "a saved cursor can not be read: reading everything again");
                None
            }
        });
        match saved {
            Some(cursor) if cursor.mapping == mapping => cursor,
            _ => Self { mapping: mapping.to_owned(), ..Self::default() },
        }
    }

    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a cursor has only texts, numbers and times")
    }

    /// A pass by time that begins `overlap` before the watermark.
    pub(super) fn begin(&self, now: DateTime<Utc>, overlap: Duration) -> Pass {
        let overlap = TimeDelta::from_std(overlap).unwrap_or(TimeDelta::MAX);
        let since =
            self.watermark.map(|mark| mark.min(now).checked_sub_signed(overlap).unwrap_or(DateTime::<Utc>::MIN_UTC));
        Pass { since, version: None, key: None, began: now, newest: None }
    }

    /// A pass by version that begins `overlap` numbers before the highest.
    pub(super) fn begin_versions(&self, now: DateTime<Utc>, overlap: i64) -> Pass {
        let version = self.version.map(|version| version.saturating_sub(overlap));
        Pass { since: None, version, key: None, began: now, newest: None }
    }

    /// Whether a full pass is due.
    pub(super) fn is_due(&self, now: DateTime<Utc>, every: Duration) -> bool {
        elapsed(self.passed, now, every)
    }

    /// Whether a look at all keys is due.
    pub(super) fn is_sweep_due(&self, now: DateTime<Utc>, every: Duration) -> bool {
        elapsed(self.swept, now, every)
    }

    pub(super) fn sweep_done(&mut self, now: DateTime<Utc>) {
        self.swept = Some(now);
    }

    /// The cursor after a page of `pass`; `more` says that the pass goes on.
    pub(super) fn advance(mut self, pass: Pass, seen: Seen, more: bool) -> Self {
        let newest = seen.newest.max(pass.newest);
        if more {
            let version = seen.last_version.or(pass.version);
            self.pass = Some(Pass { version, key: seen.last_key.or(pass.key), newest, ..pass });
            return self;
        }
        // A row that changed after the pass began may have had its old place behind us: only what is older is complete.
        let reached = newest.map(|newest| newest.min(pass.began));
        let settled = pass.began - CLOCK_LAG_MAX;
        Self {
            watermark: self.watermark.max(reached).map(|mark| mark.max(settled)),
            version: self.version.max(seen.last_version).max(pass.version),
            passed: Some(pass.began),
            pass: None,
            ..self
        }
    }
}

fn elapsed(last: Option<DateTime<Utc>>, now: DateTime<Utc>, every: Duration) -> bool {
    // A clock that was set back must not stop us until it has caught up.
    last.is_none_or(|last| now < last || (now - last).to_std().unwrap_or_default() >= every)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    #[test]
    fn the_next_pass_begins_before_the_end_of_the_last() {
        let cursor = Cursor::restore(None, "m/1");
        let pass = cursor.begin_versions(at(0), 10);
        assert_eq!(pass.version, None);
        let seen = Seen { last_key: Some(Bound::Text("k".into())), last_version: Some(100), newest: None };
        let cursor = cursor.advance(pass, seen, true);
        let pass = cursor.pass.clone().unwrap();
        assert_eq!((pass.version, pass.key.clone()), (Some(100), Some(Bound::Text("k".into()))));
        let cursor = Cursor::restore(Some(&cursor.advance(pass, Seen::default(), false).to_text()), "m/1");
        assert_eq!(cursor.begin_versions(at(9), 10).version, Some(90));
        assert_eq!(Cursor::restore(Some(&cursor.to_text()), "m/2").version, None, "another mapping sees every row");
    }

    #[test]
    fn a_row_stamped_after_the_pass_began_does_not_move_the_mark_past_it() {
        let cursor = Cursor::restore(None, "m");
        let pass = cursor.begin(at(0), OVERLAP);
        let cursor = cursor.advance(pass, Seen { newest: Some(at(500)), ..Seen::default() }, false);
        assert_eq!(cursor.begin(at(600), OVERLAP).since, Some(at(-60)));
    }

    #[test]
    fn a_clock_that_went_back_does_not_stop_the_full_passes() {
        let cursor = Cursor::restore(None, "m");
        assert!(cursor.is_due(at(0), OVERLAP));
        let pass = cursor.begin(at(0), OVERLAP);
        let cursor = cursor.advance(pass, Seen::default(), false);
        assert!(!cursor.is_due(at(59), OVERLAP) && cursor.is_due(at(60), OVERLAP) && cursor.is_due(at(-1), OVERLAP));
    }

    const OVERLAP: Duration = Duration::from_secs(60);
}

//! How far a stream of OData was read.
//!
//! The same thoughts as in [`crate::erp::scan`], with keys of several fields: a pass begins before the latest change seen,
//! because rows become visible later than they are stamped, and inside a pass the rows come by key.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far the clock that stamps rows may lag behind the one that the server tells. See [`crate::erp::scan`].
const CLOCK_LAG_MAX: TimeDelta = TimeDelta::minutes(10);

/// Where a stream stands. Everybody else keeps it as an opaque text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    mapping: String,
    /// All rows stamped before this have been read.
    watermark: Option<DateTime<Utc>>,
    /// The pass that is under way.
    pub(super) pass: Option<Pass>,
    /// When the last pass began, by the server's clock.
    passed: Option<DateTime<Utc>>,
    /// When all keys were last looked at.
    swept: Option<DateTime<Utc>>,
    /// The link that tells what changed since the last pass.
    pub(super) delta: Option<String>,
}

/// One pass over what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pass {
    /// Rows stamped at this time or later are asked for; `None`: all rows.
    pub(super) since: Option<DateTime<Utc>>,
    /// Rows with a greater key are asked for; empty: from the first.
    pub(super) after: Vec<Value>,
    /// The link of the next page, where the server's links are followed.
    pub(super) next: Option<String>,
    /// The server's clock when the pass began.
    pub(super) began: Option<DateTime<Utc>>,
    pub(super) newest: Option<DateTime<Utc>>,
}

/// What a pass needs to know of the rows of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// The key of the last row.
    pub(super) last: Vec<Value>,
    /// The latest change.
    pub(super) newest: Option<DateTime<Utc>>,
    /// The server's clock before the page was asked for.
    pub(super) now: Option<DateTime<Utc>>,
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

    /// A new pass. Its window begins `overlap` before the watermark.
    pub(super) fn begin(&self, overlap: Duration) -> Pass {
        let overlap = TimeDelta::from_std(overlap).unwrap_or(TimeDelta::MAX);
        let since = self.watermark.map(|mark| mark.checked_sub_signed(overlap).unwrap_or(DateTime::<Utc>::MIN_UTC));
        Pass { since, after: Vec::new(), next: None, began: None, newest: None }
    }

    /// Whether a pass is due, `every` after the beginning of the last one.
    pub(super) fn is_due(&self, now: DateTime<Utc>, every: Duration) -> bool {
        elapsed(self.passed, now, every)
    }

    /// Whether a look at all keys is due.
    pub(super) fn is_sweep_due(&self, every: Duration) -> bool {
        self.passed.is_none_or(|now| elapsed(self.swept, now, every))
    }

    /// All keys were looked at.
    pub(super) fn sweep_done(&mut self) {
        self.swept = self.passed;
    }

    /// The cursor after a page of `pass`; `more` says that the pass goes on.
    pub(super) fn advance(self, pass: Pass, seen: Seen, more: bool) -> Self {
        let newest = seen.newest.max(pass.newest);
        let began = pass.began.or(seen.now);
        if more {
            let after = if seen.last.is_empty() { pass.after } else { seen.last };
            return Self { pass: Some(Pass { after, newest, began, ..pass }), ..self };
        }
        // A row that changed after the pass began may have had its old place behind us: only what is older is complete.
        let reached = newest.map(|newest| began.map_or(newest, |began| newest.min(began)));
        let watermark = self.watermark.max(reached);
        let watermark = match began {
            // Should the server's clock have been set back, the window follows it.
            Some(began) => watermark.map(|mark| mark.max(began - CLOCK_LAG_MAX).min(began)),
            None => watermark,
        };
        Self { watermark, passed: began.or(self.passed), pass: None, ..self }
    }
}

fn elapsed(last: Option<DateTime<Utc>>, now: DateTime<Utc>, every: Duration) -> bool {
    // A clock that was set back must not stop us until it has caught up.
    last.is_none_or(|last| now < last || (now - last).to_std().unwrap_or_default() >= every)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OVERLAP: Duration = Duration::from_secs(60);

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    #[test]
    fn a_pass_goes_on_after_the_last_key_and_the_next_one_looks_back() {
        let cursor = Cursor::restore(None, "m/1");
        let pass = cursor.begin(OVERLAP);
        assert_eq!((pass.since, pass.after.len()), (None, 0));
        let seen = Seen { last: vec![json!("A"), json!("L-1")], newest: Some(at(50)), now: Some(at(100)) };
        let cursor = cursor.advance(pass, seen, true);
        let cursor = Cursor::restore(Some(&cursor.to_text()), "m/1");
        let pass = cursor.pass.clone().unwrap();
        assert_eq!(pass.after, [json!("A"), json!("L-1")]);
        let cursor = cursor.advance(pass, Seen { newest: Some(at(90)), now: Some(at(105)), ..Seen::default() }, false);
        assert_eq!(cursor.begin(OVERLAP).since, Some(at(30)));
        assert_eq!(
            Cursor::restore(Some(&cursor.to_text()), "m/2").begin(OVERLAP).since,
            None,
            "another mapping sees every row"
        );
    }

    #[test]
    fn a_row_stamped_after_the_pass_began_does_not_move_the_watermark_past_it() {
        let cursor = Cursor::restore(None, "m/1");
        let pass = cursor.begin(OVERLAP);
        let seen = Seen { last: vec![json!(1)], newest: Some(at(500)), now: Some(at(100)) };
        assert_eq!(cursor.advance(pass, seen, false).begin(OVERLAP).since, Some(at(40)));
    }

    #[test]
    fn full_passes_and_sweeps_have_their_rhythm() {
        let mut cursor = Cursor::restore(None, "m/1");
        assert!(cursor.is_due(at(0), OVERLAP));
        let pass = cursor.begin(OVERLAP);
        cursor = cursor.advance(pass, Seen { now: Some(at(0)), ..Seen::default() }, false);
        assert!(!cursor.is_due(at(59), OVERLAP) && cursor.is_due(at(60), OVERLAP) && cursor.is_due(at(-9), OVERLAP));
        assert!(cursor.is_sweep_due(OVERLAP));
        cursor.sweep_done();
        assert!(!cursor.is_sweep_due(OVERLAP));
    }
}

//! How far the files of a stream were read.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Contents that are remembered, so that a file that comes again is not applied again: some weeks of a file an hour.
const LEDGER_MAX: usize = 512;

/// Where a stream stands. Everybody else keeps it as an opaque text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    mapping: String,
    /// The file that is being read, or was last.
    pub(super) file: Option<Place>,
    /// Checksums of files that were read, the oldest first.
    ledger: VecDeque<String>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Its name in `taken/`.
    pub(super) name: String,
    /// The checksum of its content.
    pub(super) sum: String,
    /// Rows that were applied.
    pub(super) row: usize,
    /// Whether all of it was.
    pub(super) ended: bool,
}

impl Cursor {
    /// Reads a saved cursor; one of another mapping remembers nothing, so that files can be put back and are read again.
    pub(super) fn restore(text: Option<&str>, mapping: &str) -> Self {
        let fresh = || Self { mapping: mapping.to_owned(), ..Self::default() };
        let Some(text) = text else { return fresh() };
        match serde_json::from_str::<Self>(text) {
            Ok(cursor) if cursor.mapping == mapping => cursor,
            Ok(cursor) => {
                let old = cursor.mapping;
                tracing::warn!(
                    old,
                    new = mapping,
                    "the mapping changed: files in done/ are read again when they are put back"
                );
                fresh()
            }
            Err(error) => {
                tracing::warn!(%error, "a saved cursor can not be read: files in done/ are read again when they are put back");
                fresh()
            }
        }
    }

    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a cursor has only texts and numbers")
    }

    /// Whether a content was read before. Of snapshots only the last counts: a plant can return to an earlier state.
    pub(super) fn knows(&self, sum: &str, only_last: bool) -> bool {
        match only_last {
            true => self.ledger.back().is_some_and(|last| last == sum),
            false => self.ledger.iter().any(|known| known == sum),
        }
    }

    /// The cursor at a place; a file that ended is remembered, when it could be read at all.
    pub(super) fn at(mut self, place: Place, readable: bool) -> Self {
        if place.ended && readable && !self.knows(&place.sum, true) {
            self.ledger.push_back(place.sum.clone());
            while self.ledger.len() > LEDGER_MAX {
                self.ledger.pop_front();
            }
        }
        self.file = Some(place);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_contents_within_bounds() {
        let place = |i: usize| Place { name: "f".into(), sum: i.to_string(), row: 1, ended: true };
        let cursor = (0..LEDGER_MAX + 2).fold(Cursor::restore(None, "m"), |cursor, i| cursor.at(place(i), true));
        let cursor = Cursor::restore(Some(&cursor.to_text()), "m");
        assert!(!cursor.knows("1", false) && cursor.knows("2", false) && !cursor.knows("2", true));
        assert!(cursor.knows(&(LEDGER_MAX + 1).to_string(), true));
        assert_eq!(Cursor::restore(Some(&cursor.to_text()), "m/2"), Cursor::restore(None, "m/2"));
        assert_eq!(Cursor::restore(Some("{"), "m"), Cursor::restore(None, "m"));
    }
}

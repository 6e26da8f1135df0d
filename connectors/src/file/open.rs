//! A file that is being read.

use std::collections::BTreeSet;

use serde_json::json;
use workflow::sync::{Body, Record};

use super::{
    cursor::Place,
    items::{Content, Item},
    why::Why,
};
use crate::mapping::Mapping;

/// Kind of record of a file that can not be read at all.
const FILE_MODEL: &str = "file";

/// A file in memory.
pub(super) struct Open {
    pub(super) name: String,
    pub(super) sum: String,
    pub(super) content: Result<Vec<Item>, (u64, String)>,
    /// What is wrong with the rows before `noted`.
    why: Why,
    /// Their keys.
    keys: BTreeSet<String>,
    /// Whether each of them has one.
    keys_known: bool,
    noted: usize,
}

/// The records of a page of a file.
pub(super) struct Part {
    pub(super) records: Vec<Record>,
    pub(super) place: Place,
}

impl Open {
    pub(super) fn new(name: String, sum: String, content: Result<Vec<Item>, (u64, String)>) -> Self {
        Self { name, sum, content, why: Why::default(), keys: BTreeSet::new(), keys_known: true, noted: 0 }
    }

    /// The records of the next rows.
    pub(super) fn part(&mut self, from: usize, rows: usize, model: &str, mapping: Option<&Mapping>) -> Part {
        let place = |row, ended| Place { name: self.name.clone(), sum: self.sum.clone(), row, ended };
        let items = match &self.content {
            Ok(items) => items,
            Err((line, problem)) => {
                return Part { records: vec![self.unreadable(*line, problem)], place: place(0, true) };
            }
        };
        let from = from.min(items.len());
        let to = from.saturating_add(rows).min(items.len());
        let place = place(to, to == items.len());
        // After a restart, what came before is looked at again: only its keys and mistakes count.
        let mut records = Vec::with_capacity(to - from);
        for (at, item) in items.iter().enumerate().take(to).skip(self.noted.min(from)) {
            let found = self::records(&self.name, model, mapping, item);
            if at >= self.noted {
                for record in &found {
                    self.why.look_at(item.line, record);
                    self.keys_known &= !matches!(record.body, Body::Unreadable { .. });
                    self.keys.insert(record.external_id.clone());
                }
                self.noted = at + 1;
            }
            if at >= from {
                records.extend(found);
            }
        }
        Part { records, place }
    }

    /// The keys of all rows; `None` when one has none, or not all were read.
    pub(super) fn keys(&self) -> Option<BTreeSet<String>> {
        let all = self.content.as_ref().is_ok_and(|items| items.len() == self.noted);
        (all && self.keys_known).then(|| self.keys.clone())
    }

    /// What is wrong with it, once all of it was read.
    pub(super) fn why(&mut self, model: &str, mapping: Option<&Mapping>) -> Option<String> {
        if let Err((line, problem)) = &self.content {
            let mut why = Why::default();
            why.add(*line, None, &format!("the file can not be read: {problem}"));
            return why.text();
        }
        self.part(usize::MAX, 0, model, mapping);
        self.why.text()
    }

    fn unreadable(&self, line: u64, problem: &str) -> Record {
        Record {
            external_model: FILE_MODEL.to_owned(),
            external_id: self.name.clone(),
            version: Some(self.sum.clone()),
            source_time: None,
            body: Body::Unreadable { problem: format!("line {line}: {problem}") },
            raw: json!({ "file": self.name, "checksum": self.sum, "line": line, "problem": problem }),
        }
    }
}

/// An item as records; none when the manifest leaves it out.
fn records(file: &str, model: &str, mapping: Option<&Mapping>, item: &Item) -> Vec<Record> {
    let Item { line, content } = item;
    let (field, problem) = match content {
        Content::Record(record) => return vec![record.as_ref().clone()],
        Content::Row(row) => match mapping {
            Some(mapping) => return mapping.read_all(row.clone()).into_iter().filter_map(|read| read.record).collect(),
            None => (None, "a message of the expected form"),
        },
        Content::Wrong { field, problem } => (field.as_deref(), problem.as_str()),
    };
    let expected = field.map_or_else(|| problem.to_owned(), |field| format!("{field}: {problem}"));
    vec![Record {
        external_model: model.to_owned(),
        external_id: format!("{file}:{line}"),
        version: None,
        source_time: None,
        body: Body::Unreadable { problem: format!("line {line}: {expected}") },
        raw: json!({ "file": file, "line": line, "field": field, "expected": problem }),
    }]
}

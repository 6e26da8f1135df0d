//! What a connector of a business system hands in.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use model::SubjectType;
use serde::{Deserialize, Serialize};

/// One record of a system, already translated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The system's kind of record, for instance `production`.
    pub external_model: String,
    /// The system's own, immutable id.
    pub external_id: String,
    /// The system's version of the record, if it has one: an etag, a counter, a time. Opaque here.
    pub version: Option<String>,
    /// When the system says the record changed.
    pub source_time: Option<DateTime<Utc>>,
    /// What it says.
    pub body: Body,
    /// The record as it came, for whoever has to look into a dead letter.
    pub raw: serde_json::Value,
}

impl Record {
    /// What the system knows it by.
    pub(super) fn key(&self) -> (String, String) {
        (self.external_model.clone(), self.external_id.clone())
    }
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// Nothing that can be read.
    Unreadable {
        /// Why.
        problem: String,
    },
    /// That it is gone: a tombstone or a flag.
    Deleted,
    /// What is true of a subject.
    Says(Statement),
}

/// What a system says of one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Kind of the subject.
    pub kind: SubjectType,
    /// By attribute; the names are those of [`crate::sync::vocabulary`].
    pub attributes: BTreeMap<String, Assertion>,
}

impl Statement {
    /// A statement of these attributes.
    pub fn new<'a>(kind: SubjectType, attributes: impl IntoIterator<Item = (&'a str, Assertion)>) -> Self {
        let attributes = attributes.into_iter().map(|(name, assertion)| (name.to_owned(), assertion)).collect();
        Self { kind, attributes }
    }
}

/// What a system says of one attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assertion {
    /// The values as the source wrote them: a source may say several at once. None: it says that there is nothing.
    pub values: Vec<String>,
    /// What they mean; `None` is nothing.
    pub canonical: Result<Option<String>, Unmapped>,
}

impl Assertion {
    /// One value that means what it says.
    pub fn plain(value: impl Into<String>) -> Self {
        let value = value.into();
        Self { values: vec![value.clone()], canonical: Ok(Some(value)) }
    }

    /// One value that means what it says, or nothing.
    pub fn optional(value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => Self::plain(value),
            None => Self { values: Vec::new(), canonical: Ok(None) },
        }
    }

    /// Values that mean something else.
    pub fn mapped(values: Vec<String>, canonical: impl ToString) -> Self {
        Self { values, canonical: Ok(Some(canonical.to_string())) }
    }

    /// Values as a crosswalk translates them; `Err` with the one that it does not list.
    pub fn crossed(values: Vec<String>, meaning: Result<impl ToString, String>) -> Self {
        Self { values, canonical: meaning.map(|word| Some(word.to_string())).map_err(Unmapped::Value) }
    }

    /// A reference to another record of the same source, by its id there.
    pub fn reference(id: Option<impl ToString>) -> Self {
        match id.map(|id| id.to_string()) {
            Some(id) => Self { canonical: Ok(Some(format!("id:{id}"))), values: vec![id] },
            None => Self { values: Vec::new(), canonical: Ok(None) },
        }
    }
}

/// Why a value means nothing here. It is reported, never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unmapped {
    /// The crosswalk does not list it.
    Value(String),
    /// It is not of the attribute's type; says what was expected.
    Type(String),
}

/// Records that are applied together, with the place they were read up to.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The stream.
    pub stream: String,
    /// In the order in which they were read.
    pub records: Vec<Record>,
    /// Saved in the transaction that applies the records. Opaque here.
    pub cursor: Option<String>,
    /// Version of the mapping and its crosswalks.
    pub mapping_version: String,
    /// Whether the pass over the stream ends with this page.
    pub complete: bool,
    /// What the source has at all, when this page ends a look at all its keys.
    pub sweep: Option<Sweep>,
}

/// All keys that a system has of one kind of record: what is known here and not among them is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The system's kind of record.
    pub external_model: String,
    /// Its ids, all of them.
    pub keys: BTreeSet<String>,
    /// The share of the known records that may be gone at once, 0 to 1. More, and nothing is marked: an extract that lost half
    /// its rows looks just like half the plant being scrapped.
    pub max_ratio: f64,
}

/// What a page did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Records that changed something.
    pub changed: u64,
    /// Records that were known already.
    pub unchanged: u64,
    /// Records older than what is known.
    pub late: u64,
    /// Records that could not be applied.
    pub dead_letters: u64,
    /// Records that were found to be gone.
    pub absent: u64,
}

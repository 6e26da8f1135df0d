//! The examples of a manifest: rows, and what has to come out of them.

use serde_json::Value;
use workflow::sync::{Assertion, Body, Record, Unmapped};

use super::Mapping;
use crate::{
    Error,
    manifest::{Example, Expectation, Manifest},
    plant_file::SystemSection,
};

/// What an example of a stream got wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The stream.
    pub stream: String,
    /// Its place among the examples of the stream, from 0.
    pub example: usize,
    /// What differs.
    pub what: String,
}

/// Runs the examples of all streams of a section's manifest.
///
/// # Errors
/// When a mapping can not even be made.
pub fn run(section: &SystemSection) -> Result<Vec<Deviation>, Error> {
    let manifest: &Manifest = &section.manifest;
    let mut deviations = Vec::new();
    for (name, stream) in &manifest.streams {
        let mapping = Mapping::new(manifest, &stream.common, section)?;
        for (index, example) in stream.common.examples.iter().enumerate() {
            let wrong = deviation(&mapping, example).err();
            deviations.extend(wrong.map(|what| Deviation { stream: name.clone(), example: index, what }));
        }
    }
    Ok(deviations)
}

fn deviation(mapping: &Mapping, Example { row, expect }: &Example) -> Result<(), String> {
    let mapped = mapping.read_all(row.clone());
    // With `each` the first element counts.
    let Some(mapped) = mapped.into_iter().next() else { return same("records", &expect.left_out, &true) };
    if let Some(key) = &expect.key {
        same("key", &mapped.key, &Some(key.clone()))?;
    }
    if let Some(time) = &expect.time {
        let changed = mapped.changed.map(super::form::canonical_time);
        same("time", &changed, &Some(time.clone()))?;
    }
    same("left_out", &mapped.left_out, &expect.left_out)?;
    let Some(record) = mapped.record else {
        return match expect.deleted || !expect.attributes.is_empty() {
            true => Err("the row gives no record".to_owned()),
            false => Ok(()),
        };
    };
    says(&record, expect)
}

fn says(record: &Record, expect: &Expectation) -> Result<(), String> {
    if let Some(version) = &expect.version {
        same("version", &record.version, &Some(version.clone()))?;
    }
    same("deleted", &(record.body == Body::Deleted), &expect.deleted)?;
    let statement = match &record.body {
        Body::Says(statement) => statement,
        Body::Deleted => return Ok(()),
        Body::Unreadable { problem } => return Err(format!("the row can not be read: {problem}")),
    };
    for (name, wanted) in &expect.attributes {
        let Some(assertion) = statement.attributes.get(name) else {
            return Err(format!("attributes.{name}: the map has no such attribute"));
        };
        let got = shown(assertion);
        let fits = match (wanted, &assertion.canonical) {
            (Value::Object(wanted), Err(Unmapped::Type(_))) => wanted.get("wrong") == Some(&Value::Bool(true)),
            (wanted, _) => *wanted == got,
        };
        if !fits {
            return Err(format!("attributes.{name}: {got} came out, {wanted} is expected"));
        }
    }
    Ok(())
}

fn shown(assertion: &Assertion) -> Value {
    match &assertion.canonical {
        Ok(Some(value)) => Value::from(value.as_str()),
        Ok(None) => Value::Null,
        Err(Unmapped::Value(value)) => serde_json::json!({ "unmapped": value }),
        Err(Unmapped::Type(problem)) => serde_json::json!({ "wrong": problem }),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, wanted: &T) -> Result<(), String> {
    match got == wanted {
        true => Ok(()),
        false => Err(format!("{what}: {got:?} came out, {wanted:?} is expected")),
    }
}

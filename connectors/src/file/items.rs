//! The text of a file as items: rows that can be mapped, and places where there is none.

use serde_json::Value;
use workflow::sync::Record;

use super::{csv, json, manifest::Format, xml, xml_rows};
use crate::b2mml;

/// Rows of one file. More is not an extract of one plant.
pub(super) const ITEMS_MAX: usize = 1_000_000;

/// One row of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The line where it begins, from 1.
    pub line: u64,
    /// What is there.
    pub content: Content,
}

/// What is in one place of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A row that is still to be mapped.
    Row(Value),
    /// A record that says itself what it means.
    Record(Box<Record>),
    /// Nothing that can be read; what is wrong with which field.
    Wrong {
        /// The field, when it is one.
        field: Option<String>,
        /// What was expected.
        problem: String,
    },
}

impl Item {
    pub(super) fn wrong(line: u64, field: Option<&str>, problem: impl Into<String>) -> Self {
        Self { line, content: Content::Wrong { field: field.map(str::to_owned), problem: problem.into() } }
    }
}

/// The items of a text.
///
/// # Errors
/// The line, and what makes the whole text unreadable.
pub(super) fn items(format: &Format, text: &str) -> Result<Vec<Item>, (u64, String)> {
    let items = match format {
        Format::Csv(csv) => csv::items(csv, text),
        Format::Xml { rows } => {
            let root = xml::parse(text).map_err(|wrong| (wrong.line, wrong.problem))?;
            xml_rows::items(rows, &root)
        }
        Format::Json { rows } => json::items(rows, text),
        Format::Ndjson {} => Ok(json::lines(text)),
        Format::B2mml(reading) => {
            let message = b2mml::read(text, reading).map_err(|wrong| (wrong.line, wrong.problem))?;
            let item = |(line, record)| Item { line, content: Content::Record(Box::new(record)) };
            Ok(message.records.into_iter().map(item).collect())
        }
    }?;
    match items.len() {
        0..=ITEMS_MAX => Ok(items),
        _ => Err((1, format!("more than {ITEMS_MAX} rows"))),
    }
}

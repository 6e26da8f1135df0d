//! What a manifest says of a database and its views.

use std::{collections::BTreeMap, time::Duration};

use chrono_tz::Tz;
use serde::Deserialize;

use super::name::{Column, Table};
use crate::{
    actions::{Limit, Rule, rules},
    b2mml::manifest::Target,
    manifest::{Checked, Problem},
    plant_file::duration,
};

/// Rows of one page unless the manifest says otherwise: one transaction here, well below a second there.
const PAGE_ROWS: usize = 500;
/// More rows than this in one transaction would keep the twin's writer from the floor.
const PAGE_ROWS_MAX: usize = 5_000;
/// Numbers that are read again before the highest version: transactions that drew a lower number may commit later.
const OVERLAP_VERSIONS: i64 = 1_000;

/// `system:` of the kind `sql`. Where the database is, the plant file says: `postgres://user@host/database` or
/// `sqlite:path/of/the/file`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct System {
    /// `sql`.
    pub kind: String,
    /// The name of the secret with the password, where the database wants one.
    #[serde(default)]
    pub password: Option<String>,
    /// Where messages of B2MML are sent to, when the system takes them. Left out: it is only read.
    #[serde(default)]
    pub b2mml: Option<Target>,
    /// What an answer to an action means: the first rule that holds, after those of the action.
    #[serde(default)]
    pub classify: Vec<Rule>,
    /// How often actions may ask the system.
    #[serde(default)]
    pub limit: Limit,
}

/// `read:` of a stream: a view. What changed is found by `version`, otherwise by `time`; without both, every row is read
/// each time.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The view or table, with its schema.
    #[cfg_attr(test, schemars(with = "String"))]
    pub table: Table,
    /// The column that tells rows apart and orders them: the system's own, immutable id.
    #[cfg_attr(test, schemars(with = "String"))]
    pub key: Column,
    /// The columns that are read; all of them when none is named.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub columns: Vec<Column>,
    /// A column with a whole number that grows with every change of a row.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub version: Option<Column>,
    /// Numbers that are read again before the highest version.
    #[serde(default = "overlap_versions")]
    pub overlap_versions: i64,
    /// Columns that say when a row was changed: the first that is not empty counts.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub time: Vec<Column>,
    /// How much is read again before the latest time, when it is not what the plant file says.
    #[serde(default, deserialize_with = "duration::optional")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub overlap: Option<Duration>,
    /// The zone of times that are written without one, such as `Europe/Berlin`. Without it they stay text.
    #[serde(default, deserialize_with = "zone")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub zone: Option<Tz>,
    /// What a column is, where the database does not say it.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, ColumnType>"))]
    pub types: BTreeMap<Column, ColumnType>,
    /// Only rows with these values, for databases that several plants share.
    #[serde(default, rename = "where")]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, String>"))]
    pub only: BTreeMap<Column, String>,
    /// Rows of a page.
    #[serde(default = "page_rows", deserialize_with = "page_size")]
    pub page: usize,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// A whole number.
    Integer,
    /// An exact number, kept as text.
    Decimal,
    /// A number that is not exact.
    Float,
    /// True or false.
    Boolean,
    /// A time.
    Time,
    /// A day.
    Date,
    /// JSON.
    Json,
    /// Anything else, as text.
    Text,
}

/// How what changed is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Version,
    Time,
    Full,
}

impl Read {
    pub(super) fn mode(&self) -> Mode {
        match (&self.version, self.time.is_empty()) {
            (Some(_), _) => Mode::Version,
            (None, false) => Mode::Time,
            (None, true) => Mode::Full,
        }
    }
}

fn page_rows() -> usize {
    PAGE_ROWS
}

fn overlap_versions() -> i64 {
    OVERLAP_VERSIONS
}

fn page_size<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let rows = usize::deserialize(deserializer)?;
    match rows {
        1..=PAGE_ROWS_MAX => Ok(rows),
        _ => Err(serde::de::Error::custom(format!("write a number of rows from 1 to {PAGE_ROWS_MAX}"))),
    }
}

impl Checked for System {
    fn check(&self) -> Result<(), Problem> {
        rules("classify", &self.classify)?;
        match self.limit.is_usable() {
            true => Ok(()),
            false => Err(Problem::new("limit", "it lets nothing through", "write numbers above 0, burst at least 1")),
        }
    }
}

impl Checked for Read {
    fn check(&self) -> Result<(), Problem> {
        if self.overlap_versions < 0 {
            return Err(Problem::new("overlap_versions", "it is negative", "write 0 or more"));
        }
        Ok(())
    }
}

fn zone<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Tz>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let wrong = |_| serde::de::Error::custom(format!("{name:?} is no time zone: write one such as Europe/Berlin"));
    name.parse().map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::manifest::Manifest;

    #[test]
    fn the_manifests_of_the_guide_are_sound() {
        let guide = include_str!("../../../docs/guides/systems-without-http.md");
        let blocks: Vec<_> = guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert_eq!(blocks.len(), 4);
        for block in blocks {
            Manifest::parse(block, "the guide", Path::new("")).unwrap_or_else(|error| panic!("{error}\n{block}"));
        }
    }
}

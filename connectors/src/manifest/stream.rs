//! What is said of every stream, whatever the kind of its system.

use std::time::Duration;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::{Expression, MapSection, Read, TimeFormat, TimeSection};
use crate::plant_file::duration;

/// A stream: what is asked for, how its rows are told apart, and what they mean.
#[derive(Clone, Debug)]
pub struct Stream {
    /// What is asked for.
    pub read: Read,
    /// The rest.
    pub common: Common,
}

/// A stream as it is written.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Written<R> {
    /// What is asked for, and how it comes in pages.
    read: R,
    #[serde(default)]
    each: Option<Expression>,
    #[serde(default)]
    model: Option<String>,
    key: Expression,
    #[serde(default)]
    version: Option<Expression>,
    #[serde(default)]
    time: Option<TimeSection>,
    #[serde(default)]
    filter: Option<Expression>,
    #[serde(default)]
    incremental: Option<Incremental>,
    #[serde(default)]
    deletes: Deletes,
    #[serde(default)]
    touches: Option<Touch>,
    #[serde(default)]
    map: Option<MapSection>,
    #[serde(default)]
    pause: Pause,
    #[serde(default, deserialize_with = "duration::optional")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    every: Option<Duration>,
    #[serde(default)]
    examples: Vec<Example>,
}

impl<R> Written<R> {
    pub(super) fn named(self, name: &str, kind: impl FnOnce(R) -> Read) -> Stream {
        let Self {
            read,
            each,
            model,
            key,
            version,
            time,
            filter,
            incremental,
            deletes,
            touches,
            map,
            pause,
            every,
            examples,
        } = self;
        let model = model.unwrap_or_else(|| name.to_owned());
        let common = Common {
            each,
            model,
            key,
            version,
            time,
            filter,
            incremental,
            deletes,
            touches,
            map,
            pause,
            every,
            examples,
        };
        Stream { read: kind(read), common }
    }
}

/// What streams of all kinds have. Expressions see the row as `r`, and `option`.
#[derive(Clone, Debug)]
pub struct Common {
    /// A list in the row, each element of which is a record. The expressions then see the element as `r`, the row as `p`.
    pub each: Option<Expression>,
    /// The system's kind of record; the name of the stream unless it says otherwise. Streams of the same records share it.
    pub model: String,
    /// The system's own, immutable id of a record.
    pub key: Expression,
    /// The system's version of a record.
    pub version: Option<Expression>,
    /// When the system says that the record changed.
    pub time: Option<TimeSection>,
    /// Rows for which it does not hold are left out.
    pub filter: Option<Expression>,
    /// Set when the system can be asked for what changed since a time. Otherwise everything is read each time.
    pub incremental: Option<Incremental>,
    /// How it shows that a record is gone.
    pub deletes: Deletes,
    /// Rows only say that a record of another stream changed: that one is read again.
    pub touches: Option<Touch>,
    /// What a row means. Without it the rows are tombstones, or they touch.
    pub map: Option<MapSection>,
    /// When reading it stops.
    pub pause: Pause,
    /// The least time between two passes; otherwise each round of the system begins one.
    pub every: Option<Duration>,
    /// Rows, and what has to come out.
    pub examples: Vec<Example>,
}

/// How a system is asked for what changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Incremental {
    /// How `since` is written in the request.
    #[serde(default)]
    pub format: TimeFormat,
    /// How far a pass looks back, when it is not what the plant file says. At least the longest transaction over there.
    #[serde(default, deserialize_with = "duration::optional")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub overlap: Option<Duration>,
}

/// How a system shows that a record is gone. Several ways go together.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Deletes {
    /// The row stays and this holds for it.
    #[serde(default)]
    pub soft_flag: Option<Expression>,
    /// Another stream of this manifest, whose rows carry the keys of what is gone.
    #[serde(default)]
    pub tombstones: Option<String>,
    /// Now and then all keys are read and compared.
    #[serde(default)]
    pub key_sweep: Option<KeySweep>,
}

/// A look at all keys. A record counts as gone when it was missing in two of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KeySweep {
    /// How often.
    #[serde(deserialize_with = "duration::humane")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub every: Duration,
    /// The share of the known records that may be gone at once. More: nothing is deleted and a case opens.
    #[serde(default = "max_ratio")]
    pub max_ratio: f64,
}

/// Two in a hundred: a busy day's work, and far from an extract that lost a part.
fn max_ratio() -> f64 {
    0.02
}

/// What a row of a stream of changes points to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Touch {
    /// The stream that the record is of. It has to say how one record is read: `read.one`.
    pub stream: String,
    /// The key of that record; null: none.
    pub key: Expression,
}

/// When too many records can not be applied, something is wrong with all of them, and a person has to look.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// The share of dead letters in a page that pauses the stream, 0 to 1.
    #[serde(default = "error_ratio")]
    pub error_ratio: f64,
    /// Pages with fewer records never pause it.
    #[serde(default = "min_records")]
    pub min_records: u64,
}

impl Default for Pause {
    fn default() -> Self {
        Self { error_ratio: error_ratio(), min_records: min_records() }
    }
}

/// One in two: a new status makes some dead letters, a changed interface makes all of them.
fn error_ratio() -> f64 {
    0.5
}

/// With fewer, a single strange record is already a large share.
fn min_records() -> u64 {
    20
}

/// A row and what has to come out of it. `plantgraph check-config` runs all of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The row as the system sends it.
    pub row: Value,
    /// What has to come out.
    pub expect: Expectation,
}

/// What has to come out of a row. What is not said is not compared.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The key.
    #[serde(default)]
    pub key: Option<String>,
    /// The version.
    #[serde(default)]
    pub version: Option<String>,
    /// The time of the change.
    #[serde(default)]
    pub time: Option<String>,
    /// The row is left out by the filter.
    #[serde(default)]
    pub left_out: bool,
    /// The record is gone.
    #[serde(default)]
    pub deleted: bool,
    /// By attribute: its canonical value; null for nothing; `{unmapped: VALUE}` for a value that the crosswalk does not list;
    /// `{wrong: true}` for one that is not of the type.
    #[serde(default)]
    pub attributes: IndexMap<String, Value>,
}

//! What a manifest says of Tryton. Its streams are those of the program: they need several requests for one record.

use serde::Deserialize;

use crate::manifest::{Checked, Problem};

/// The section `system:`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct System {
    /// `tryton`
    #[serde(rename = "kind")]
    _kind: String,
}

impl Checked for System {}

/// The key `read:` of a stream; there is none.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Read {}

impl Checked for Read {
    fn check(&self) -> Result<(), Problem> {
        Err(Problem::new("", "the streams of Tryton are built in", "remove streams:"))
    }
}

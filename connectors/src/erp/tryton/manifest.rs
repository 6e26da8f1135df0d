//! What a manifest says of Tryton. Its streams are those of the program: they need several requests for one record.

use serde::Deserialize;

use crate::{
    actions::{Limit, Rule, rules},
    manifest::{Checked, Problem},
};

/// The section `system:`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct System {
    /// `tryton`
    #[serde(rename = "kind")]
    _kind: String,
    /// What an answer to an action means: the first rule that holds, after those of the action.
    #[serde(default)]
    pub classify: Vec<Rule>,
    /// How often actions may ask it.
    #[serde(default)]
    pub limit: Limit,
}

impl Checked for System {
    fn check(&self) -> Result<(), Problem> {
        if !self.limit.is_usable() {
            return Err(Problem::new("limit", "it lets nothing through", "write per_second above 0 and burst from 1"));
        }
        rules("classify", &self.classify)
    }
}

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

//! The manifest of a system: how it is spoken to, what is read from it, what its rows mean, and what it can be asked to do.
//!
//! YAML with CEL expressions. Keys that nobody knows are refused, and every error names the file, the line, the key and
//! what is expected there. It holds no secrets, only their names. `docs/guides/connect-a-system.md` explains every key.
//!
//! Read in this order: the shared keys of a [`stream`], the [`kind`]s of systems, how a file is [`load`]ed, and what is
//! checked then.

mod attribute;
mod builtin;
mod check;
mod decimals;
mod expression;
pub mod kind;
mod load;
mod place;
mod scope;
pub mod stream;
mod template;
mod time;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::{Error, actions::Action, mapping::Crosswalk};

pub use crate::webhook::Webhook;

pub use self::{
    attribute::{Attribute, Crossing, Flags, Form, MapSection, ReferenceBy},
    builtin::names as built_in,
    check::{Checked, Problem},
    expression::Expression,
    kind::{Read, System},
    scope::Scope,
    stream::{Common, Deletes, Example, Expectation, Incremental, KeySweep, Pause, Stream, Touch},
    template::Template,
    time::{TimeFormat, TimeSection},
};
pub(crate) use self::{check::names, expression::shown, template::plain};

/// A checked manifest.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The file, or the name of the built-in one, for messages.
    pub file: String,
    /// Version of the mapping. A new one has every row read again.
    pub version: String,
    /// What it is for, and against what it was tested.
    pub about: Option<String>,
    /// How the system is spoken to.
    pub system: System,
    /// What the plant file may say under `options`.
    pub options: IndexMap<String, OptionSection>,
    /// What the plant file has to say under `secrets`, with what each is.
    pub secrets: IndexMap<String, String>,
    /// What is read, in this order: what others refer to comes first.
    pub streams: IndexMap<String, Stream>,
    /// How the system says that something changed; only a hint that causes a read.
    pub webhook: Option<Webhook>,
    /// What it can be asked to do, by canonical action.
    pub actions: IndexMap<String, Action>,
    /// The crosswalks that its mappings name.
    crosswalks: BTreeMap<String, Crosswalk>,
}

impl Manifest {
    /// Runs the test vectors of the crosswalks that its mappings name.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] with the first vector that does not hold.
    pub fn check_crosswalks(&self) -> Result<(), Error> {
        self.crosswalks.values().try_for_each(Crosswalk::check)
    }

    /// A crosswalk that a mapping names.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] when no mapping of this manifest names it.
    pub fn crosswalk(&self, name: &str) -> Result<&Crosswalk, Error> {
        self.crosswalks.get(name).ok_or_else(|| Error::Crosswalk {
            name: name.to_owned(),
            problem: "no mapping of this manifest names it".to_owned(),
        })
    }
}

/// An option of the plant file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OptionSection {
    /// What it is, for whoever writes the plant file.
    pub about: Option<String>,
    /// Its value when the plant file says nothing. Without one the plant file has to.
    pub default: Option<String>,
}

/// A manifest as it is written, with the system and the reading of its kind.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, bound(deserialize = "S: Deserialize<'de>, R: Deserialize<'de>"))]
struct Written<S, R> {
    /// Version of the mapping, such as `wms/1`. A new one has every row read again.
    version: String,
    /// What it is for, and against what it was tested.
    #[serde(default)]
    about: Option<String>,
    /// How the system is spoken to.
    system: S,
    /// What the plant file may say under `options`, by name.
    #[serde(default)]
    options: IndexMap<String, OptionSection>,
    /// What the plant file has to say under `secrets`: name, and what it is.
    #[serde(default)]
    secrets: IndexMap<String, String>,
    /// What is read, in this order: what others refer to comes first.
    #[serde(default)]
    streams: IndexMap<String, stream::Written<R>>,
    /// How the system says that something changed.
    #[serde(default)]
    webhook: Option<Webhook>,
    /// What it can be asked to do, by canonical action.
    #[serde(default)]
    actions: IndexMap<String, Action>,
}

#[cfg(test)]
mod tests;

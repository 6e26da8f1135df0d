//! What a manifest says of a system that speaks B2MML.

use serde::Deserialize;

use crate::{
    actions::{Limit, Rule, rules},
    manifest::{Checked, Problem, Template},
};

/// `system:` of the kind `b2mml`. Messages are files in the folder that is the `url` of the plant file, or come by HTTP to
/// `/in/PLANT/SOURCE`. What they mean needs no mapping: the words of B2MML are those of the twin.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct System {
    /// `b2mml`.
    pub kind: String,
    /// The names of the files, with `*` for any characters.
    #[serde(default = "files")]
    pub files: String,
    /// Who may send messages by HTTP. Left out: nobody.
    #[serde(default)]
    pub receive: Option<Sender>,
    /// Where messages are sent to. Left out: nowhere.
    #[serde(default)]
    pub send: Option<Target>,
    /// What an answer to an action means: the first rule that holds, after those of the action.
    #[serde(default)]
    pub classify: Vec<Rule>,
    /// How often actions may ask the system.
    #[serde(default)]
    pub limit: Limit,
}

/// How a sender proves who it is.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Sender {
    /// `Authorization: Bearer …`: the name of the secret.
    Bearer(String),
    /// `Authorization: Basic …`.
    Basic {
        /// The user.
        user: String,
        /// The name of the secret with the password.
        password: String,
    },
}

/// Where messages of B2MML are sent to.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Target {
    /// They are posted, and the answer is a `ConfirmBOD`.
    Http {
        /// The address: `${option.b2mml_url}`.
        url: Template,
        /// How we prove who we are.
        #[serde(default)]
        authenticate: Option<Sender>,
    },
    /// They are files in a folder. Nobody confirms them.
    Folder(Template),
}

/// There are no streams to declare.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Read {}

impl Checked for Read {
    fn check(&self) -> Result<(), Problem> {
        Err(Problem::new(
            "",
            "a system of B2MML has no streams of its own",
            "remove it: the messages say what they are",
        ))
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

fn files() -> String {
    "*.xml".to_owned()
}

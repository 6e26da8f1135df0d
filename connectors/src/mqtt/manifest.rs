//! What a manifest says of a broker and its topics.

use serde::Deserialize;

use super::topic::Pattern;
use crate::manifest::{Checked, Problem};

/// `system:` of the kind `mqtt`. Where the broker is, the plant file says: `mqtt://host:1883` or `mqtts://host:8883`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct System {
    /// `mqtt`.
    pub kind: String,
    /// The user, where the broker wants one.
    #[serde(default)]
    pub user: Option<String>,
    /// The name of the secret with the password.
    #[serde(default)]
    pub password: Option<String>,
    /// The id of our session, one for each plant and broker. The broker keeps messages for it while we are away.
    #[serde(default)]
    pub client_id: Option<String>,
}

/// `read:` of a stream: some of the topics.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Read {
    /// JSON. A row is `{topic: {…}, payload: …, retained: false, at: "…"}`.
    Json {
        /// Topics; `{name}` stands for one level and becomes `r.topic.name`, `#` at the end for all levels below.
        #[cfg_attr(test, schemars(with = "Vec<String>"))]
        topics: Vec<Pattern>,
    },
    /// Sparkplug B. A row is what is known of one device, or of a node itself:
    /// `{group, node, device, metrics: {name: value}, born: true | false, at: "…"}`.
    Sparkplug {
        /// The group; left out: all of them.
        #[serde(default)]
        group: Option<String>,
    },
}

impl Read {
    /// The filters to subscribe to.
    pub(super) fn filters(&self) -> Vec<String> {
        match self {
            Self::Json { topics } => topics.iter().map(Pattern::filter).collect(),
            Self::Sparkplug { group } => vec![format!("spBv1.0/{}/#", group.as_deref().unwrap_or("+"))],
        }
    }
}

impl Checked for System {}

impl Checked for Read {
    fn check(&self) -> Result<(), Problem> {
        match self {
            Self::Json { topics } if topics.is_empty() => {
                Err(Problem::new("json.topics", "there is no topic", "write one such as factory/{line}/lots"))
            }
            Self::Sparkplug { group: Some(group) } if group.is_empty() || group.contains(['/', '+', '#']) => {
                Err(Problem::new("sparkplug.group", "it is no name of a group", "write a name without / + #"))
            }
            Self::Json { .. } | Self::Sparkplug { .. } => Ok(()),
        }
    }
}

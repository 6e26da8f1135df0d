//! A node of the OPC UA server, as a plant file binds it.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, de};

use super::{Context, duration};
use crate::{
    Error,
    opcua::path::{Aliases, NodePath},
};

/// Changes a second of one value that queues are sized for: what a person or a valve does, with room.
const RATE: f64 = 10.0;
/// Sampling at the rate of the server: a pushed value is never skipped.
const SAMPLING: Duration = Duration::ZERO;

/// A node and how it is read.
#[derive(Clone, Debug)]
pub struct NodeBinding {
    /// The node.
    pub path: NodePath,
    /// How often the server looks at it; zero means as often as it changes.
    pub sampling: Duration,
    /// Changes a second that the queue is sized for.
    pub rate: f64,
    /// Values that the server keeps for us; `None`: outage budget times rate.
    pub queue: Option<u32>,
}

fn rate() -> f64 {
    RATE
}

fn sampling() -> Duration {
    SAMPLING
}

/// A node as it is written: a path, or a table with a path and how to read it.
pub(super) struct RawNode(Table);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    ns: Option<String>,
    path: String,
    #[serde(default = "sampling", deserialize_with = "duration::humane")]
    sampling: Duration,
    #[serde(default = "rate")]
    rate: f64,
    queue: Option<u32>,
}

impl<'de> Deserialize<'de> for RawNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = RawNode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"a browse path such as "p:Plant/p:Line1", or { ns = "urn:…", path = "Plant/Line1" }"#)
            }

            fn visit_str<E: de::Error>(self, path: &str) -> Result<RawNode, E> {
                Ok(RawNode(Table { ns: None, path: path.to_owned(), sampling: SAMPLING, rate: RATE, queue: None }))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<RawNode, A::Error> {
                Table::deserialize(de::value::MapAccessDeserializer::new(map)).map(RawNode)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Resolves the names of one line's nodes.
pub(super) struct Binder<'a> {
    pub(super) at: &'a Context,
    pub(super) aliases: Option<&'a Aliases>,
}

impl Binder<'_> {
    /// Checks a node, whose key is `key`.
    pub(super) fn node(&self, key: &str, RawNode(raw): RawNode) -> Result<NodeBinding, Error> {
        let Some(aliases) = self.aliases else {
            let problem = "a node is bound, and there is no OPC UA server";
            return Err(self.at.wrong(key, problem, "add an [opcua] section with url, security and identity"));
        };
        let path = NodePath::parse(&raw.path, raw.ns.as_deref(), aliases)
            .map_err(|wrong| self.at.unbound(key, &wrong.problem, &wrong.remedy))?;
        if !(raw.rate.is_finite() && raw.rate > 0.0) {
            let problem = format!("a rate of {} says nothing", raw.rate);
            return Err(self.at.wrong(&format!("{key}.rate"), &problem, "write changes a second, such as 10"));
        }
        if raw.queue == Some(0) {
            let problem = "a queue of nothing loses every second change";
            return Err(self.at.wrong(&format!("{key}.queue"), problem, "write 1 or more, or leave it out"));
        }
        Ok(NodeBinding { path, sampling: raw.sampling, rate: raw.rate, queue: raw.queue })
    }
}

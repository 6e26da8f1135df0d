//! What is known of the nodes of Sparkplug: which alias is which metric, and what each said last.
//!
//! A node says everything once, at its birth, and then only what changes, by alias. A number counts its messages: one that
//! is missing means that something changed and nobody knows what. The next birth says everything again. Asking for one
//! would be a write to the floor, which this program does not do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::payload::{Metric, Payload, json as value, moment};

/// Metrics that are saved with each page, so that a restart goes on without a birth. A larger plant waits for births.
const SAVED_METRICS_MAX: usize = 2_000;
/// Nodes and devices that are remembered.
const DEVICES_MAX: usize = 10_000;
/// The numbers of messages are bytes.
const SEQUENCE: u64 = 256;

/// Everything that is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Nodes {
    /// By `group/node`.
    nodes: BTreeMap<String, Node>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Node {
    seq: Option<u64>,
    /// Why what it says can not be trusted; `None`: it can.
    doubt: Option<String>,
    /// By name of the device; the empty one is the node itself.
    devices: BTreeMap<String, Device>,
    /// A node's aliases are for all its devices.
    aliases: HashMap<u64, (String, u32)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Device {
    metrics: Map<String, Value>,
}

/// What a topic says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    pub(super) node: &'a str,
    pub(super) device: &'a str,
}

impl<'a> Place<'a> {
    /// The place of a topic; `None` when it is none of a node or device.
    pub(super) fn of(topic: &'a str) -> Option<Self> {
        let mut words = topic.split('/');
        let (Some("spBv1.0"), Some(group), Some(kind), Some(node)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return None;
        };
        let device = words.next().unwrap_or_default();
        (words.next().is_none()).then_some(Self { group, kind, node, device })
    }
}

impl Nodes {
    /// What was saved; nothing when it can not be read.
    pub(super) fn restore(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// The text to save; `None` when there is too much of it.
    pub(super) fn to_text(&self) -> Option<String> {
        let count: usize = self.nodes.values().flat_map(|node| node.devices.values()).map(|it| it.metrics.len()).sum();
        let kept = if count <= SAVED_METRICS_MAX { self } else { &Self::default() };
        serde_json::to_string(kept).ok()
    }

    /// Why something is missing; `None`: all that is known is current.
    pub(super) fn doubt(&self) -> Option<&str> {
        self.nodes.values().find_map(|node| node.doubt.as_deref())
    }

    /// Takes a message, and says what is known of the device now. `again`: the broker sends it a second time.
    ///
    /// # Errors
    /// What makes the message useless.
    pub(super) fn take(&mut self, place: &Place<'_>, payload: &Payload, again: bool) -> Result<Option<Value>, String> {
        let Place { group, kind, node: name, device } = place;
        let key = format!("{group}/{name}");
        if !self.nodes.contains_key(&key) && self.nodes.len() >= DEVICES_MAX {
            return Err(format!("more than {DEVICES_MAX} nodes"));
        }
        let node = self.nodes.entry(key.clone()).or_default();
        match *kind {
            "NBIRTH" => *node = Node { seq: payload.seq, ..Node::default() },
            "NDEATH" => {
                node.doubt = Some(format!("node {key} is gone"));
                return Ok(None);
            }
            "DDEATH" => {
                node.count(&key, payload.seq, again);
                node.devices.remove(*device);
                return Ok(None);
            }
            "DBIRTH" => {
                node.count(&key, payload.seq, again);
                if node.devices.len() >= DEVICES_MAX {
                    return Err(format!("more than {DEVICES_MAX} devices"));
                }
                node.devices.insert((*device).to_owned(), Device::default());
            }
            "NDATA" | "DDATA" => node.count(&key, payload.seq, again),
            // What others order, and what applications say of themselves.
            _ => return Ok(None),
        }
        let born = kind.ends_with("BIRTH");
        node.apply(device, &payload.metrics, born)?;
        let metrics = node.devices.get(*device).map(|device| device.metrics.clone()).unwrap_or_default();
        let at = payload.timestamp.and_then(moment);
        Ok(Some(json!({ "group": group, "node": name, "device": device, "metrics": metrics, "born": born, "at": at })))
    }
}

impl Node {
    /// Counts a message. A gap stays until the next birth.
    fn count(&mut self, key: &str, seq: Option<u64>, again: bool) {
        if again {
            return;
        }
        let expected = self.seq.map(|seq| (seq + 1) % SEQUENCE);
        if expected.is_none() || seq != expected {
            let reason =
                if expected.is_none() { "was not there when it said what it has" } else { "missed a message of it" };
            self.doubt.get_or_insert_with(|| format!("node {key}: {reason}; waiting for its next birth"));
        }
        self.seq = seq;
    }

    fn apply(&mut self, device: &str, metrics: &[Metric], born: bool) -> Result<(), String> {
        let mut unknown = BTreeSet::new();
        for metric in metrics.iter().filter(|metric| metric.is_historical != Some(true)) {
            let known = metric.alias.and_then(|alias| self.aliases.get(&alias));
            let datatype = metric.datatype.or(known.map(|(_, datatype)| *datatype));
            let name =
                metric.name.clone().filter(|name| !name.is_empty()).or_else(|| known.map(|(name, _)| name.clone()));
            let Some(name) = name else {
                unknown.extend(metric.alias);
                continue;
            };
            if let Some(alias) = metric.alias.filter(|_| born) {
                self.aliases.insert(alias, (name.clone(), datatype.unwrap_or_default()));
            }
            let value = value(metric, datatype);
            self.devices.entry(device.to_owned()).or_default().metrics.insert(name, value);
        }
        match unknown.is_empty() {
            true => Ok(()),
            false => Err(format!("aliases that no birth named: {unknown:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::payload::Held, *};

    fn metric(name: Option<&str>, alias: u64, value: u64) -> Metric {
        Metric {
            name: name.map(str::to_owned),
            alias: Some(alias),
            value: Some(Held::Long(value)),
            ..Metric::default()
        }
    }

    fn take(nodes: &mut Nodes, topic: &str, seq: u64, metrics: Vec<Metric>) -> Result<Option<Value>, String> {
        let payload = Payload { timestamp: Some(1_000), metrics, seq: Some(seq) };
        nodes.take(&Place::of(topic).unwrap(), &payload, false)
    }

    #[test]
    fn what_changes_is_put_on_top_of_what_was_said_at_birth() {
        let mut nodes = Nodes::default();
        take(&mut nodes, "spBv1.0/G/NBIRTH/E", 0, vec![]).unwrap();
        take(&mut nodes, "spBv1.0/G/DBIRTH/E/D", 1, vec![metric(Some("good"), 7, 1), metric(Some("scrap"), 8, 0)])
            .unwrap();
        let row = take(&mut nodes, "spBv1.0/G/DDATA/E/D", 2, vec![metric(None, 7, 5)]).unwrap().unwrap();
        assert_eq!(row["metrics"], json!({ "good": 5, "scrap": 0 }));
        assert_eq!((row["device"].as_str(), nodes.doubt()), (Some("D"), None));
        assert_eq!(Nodes::restore(nodes.to_text().as_deref()), nodes, "a restart goes on");
    }

    #[test]
    fn a_gap_a_death_and_an_unknown_alias_are_doubts_until_the_next_birth() {
        let mut nodes = Nodes::default();
        assert!(take(&mut nodes, "spBv1.0/G/DDATA/E/D", 9, vec![metric(None, 7, 5)]).is_err());
        assert!(nodes.doubt().is_some());
        take(&mut nodes, "spBv1.0/G/NBIRTH/E", 0, vec![metric(Some("a"), 1, 1)]).unwrap();
        assert_eq!(nodes.doubt(), None);
        take(&mut nodes, "spBv1.0/G/NDATA/E", 2, vec![metric(None, 1, 2)]).unwrap();
        assert!(nodes.doubt().unwrap().contains("missed"));
        take(&mut nodes, "spBv1.0/G/NBIRTH/E", 0, vec![]).unwrap();
        take(&mut nodes, "spBv1.0/G/NDEATH/E", 0, vec![]).unwrap();
        assert!(nodes.doubt().unwrap().contains("gone"));
        assert!(Place::of("spBv1.0/STATE/host").is_none() && Place::of("other/G/NDATA/E").is_none());
    }

    #[test]
    fn numbers_wrap_around() {
        let mut nodes = Nodes::default();
        take(&mut nodes, "spBv1.0/G/NBIRTH/E", 254, vec![]).unwrap();
        take(&mut nodes, "spBv1.0/G/NDATA/E", 255, vec![]).unwrap();
        take(&mut nodes, "spBv1.0/G/NDATA/E", 0, vec![]).unwrap();
        assert_eq!(nodes.doubt(), None);
    }
}

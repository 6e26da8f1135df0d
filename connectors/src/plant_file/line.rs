//! A `[[line]]`: what it is called, when its standing still is an exception, and which nodes tell of it.

use std::{collections::HashSet, time::Duration};

use serde::Deserialize;
use workflow::{
    ingest::CounterRole,
    plant::{LineDefinition, ParameterDefinition},
};

use super::{
    AlarmBinding, Context, alarms, duration,
    node::{Binder, NodeBinding, RawNode},
    text,
};
use crate::{Error, opcua::path::Aliases};

/// Shorter stops are part of running.
const DOWNTIME_THRESHOLD: Duration = Duration::from_secs(120);
/// After this, an exception that nobody took goes one level up.
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(15 * 60);
/// A line counts as running again when it has run this long.
const VERIFY_FOR: Duration = Duration::from_secs(120);

/// Where a line stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// The code of the area.
    #[serde(deserialize_with = "text::code")]
    pub code: String,
    /// Its name.
    #[serde(deserialize_with = "text::filled")]
    pub name: String,
}

/// A part of a line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkUnit {
    /// The code of the work unit.
    #[serde(deserialize_with = "text::code")]
    pub code: String,
    /// Its name.
    #[serde(deserialize_with = "text::filled")]
    pub name: String,
}

/// How a server tells the state of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StateKind {
    /// One integer, `StateCurrent`, with the numbers of PackTags.
    PackTags,
    /// A PackML object (OPC 30050) with its three nested state machines; the path is that of the object.
    PackMl,
}

/// The state of a line.
#[derive(Clone, Debug)]
pub struct StateBinding {
    /// How it is told.
    pub kind: StateKind,
    /// By which node.
    pub node: NodeBinding,
}

/// A counter of a line.
#[derive(Clone, Debug)]
pub struct CounterBinding {
    /// Its name, unique in the line.
    pub name: String,
    /// What it counts.
    pub role: CounterRole,
    /// The node that counts.
    pub node: NodeBinding,
}

/// A process value of a line.
#[derive(Clone, Debug)]
pub struct ParameterBinding {
    /// Its name, unit and limits; the name is unique in the line.
    pub definition: ParameterDefinition,
    /// The node that measures.
    pub node: NodeBinding,
}

/// A line and its nodes.
#[derive(Clone, Debug)]
pub struct LineSection {
    /// The code of the line, unique in the plant.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub area: Area,
    /// Its parts.
    pub work_units: Vec<WorkUnit>,
    /// How long it may stand before that is an exception.
    pub downtime_threshold: Duration,
    /// How long an exception may wait for somebody to take it.
    pub acknowledge_within: Duration,
    /// How long it must run before the exception may close.
    pub verify_for: Duration,
    /// What tells its state.
    pub state: Option<StateBinding>,
    /// What it counts.
    pub counters: Vec<CounterBinding>,
    /// What it measures.
    pub parameters: Vec<ParameterBinding>,
    /// What tells the number of the order that it runs.
    pub order: Option<NodeBinding>,
    /// What tells of its alarms.
    pub alarms: Vec<AlarmBinding>,
}

impl LineSection {
    /// Whether any node is bound.
    pub(super) fn is_bound(&self) -> bool {
        let values = self.state.is_some() || self.order.is_some();
        values || !self.counters.is_empty() || !self.parameters.is_empty() || !self.alarms.is_empty()
    }

    /// The line as the store installs it; `source` is the code of the OPC UA source.
    pub(super) fn definition(&self, source: Option<&str>) -> LineDefinition {
        LineDefinition {
            code: self.code.clone(),
            name: self.name.clone(),
            area_code: self.area.code.clone(),
            area_name: self.area.name.clone(),
            work_units: self.work_units.iter().map(|unit| (unit.code.clone(), unit.name.clone())).collect(),
            downtime_threshold: self.downtime_threshold,
            acknowledge_within: self.acknowledge_within,
            verify_for: self.verify_for,
            parameters: self.parameters.iter().map(|parameter| parameter.definition.clone()).collect(),
            sources: source.filter(|_| self.is_bound()).map(str::to_owned).into_iter().collect(),
        }
    }
}

/// The section as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(deserialize_with = "text::code")]
    code: String,
    #[serde(deserialize_with = "text::filled")]
    name: String,
    area: Area,
    #[serde(default)]
    work_units: Vec<WorkUnit>,
    #[serde(default = "downtime_threshold", deserialize_with = "duration::humane")]
    downtime_threshold: Duration,
    #[serde(default = "acknowledge_within", deserialize_with = "duration::humane")]
    acknowledge_within: Duration,
    #[serde(default = "verify_for", deserialize_with = "duration::humane")]
    verify_for: Duration,
    state: Option<RawState>,
    #[serde(default)]
    counter: Vec<RawCounter>,
    #[serde(default)]
    parameter: Vec<RawParameter>,
    order: Option<RawOrder>,
    #[serde(default)]
    alarms: Vec<alarms::Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawState {
    kind: StateKind,
    node: RawNode,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawRole {
    Good,
    Scrap,
    Other,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCounter {
    #[serde(deserialize_with = "text::filled")]
    name: String,
    role: RawRole,
    node: RawNode,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParameter {
    #[serde(deserialize_with = "text::filled")]
    name: String,
    #[serde(deserialize_with = "text::filled")]
    unit: String,
    low: Option<f64>,
    high: Option<f64>,
    node: RawNode,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOrder {
    node: RawNode,
}

fn downtime_threshold() -> Duration {
    DOWNTIME_THRESHOLD
}

fn acknowledge_within() -> Duration {
    ACKNOWLEDGE_WITHIN
}

fn verify_for() -> Duration {
    VERIFY_FOR
}

/// What one line says beside its nodes.
impl Binder<'_> {
    fn parameter(&self, key: &str, raw: RawParameter) -> Result<ParameterBinding, Error> {
        let finite = |limit: Option<f64>| limit.is_none_or(f64::is_finite);
        let ordered = raw.low.zip(raw.high).is_none_or(|(low, high)| low < high);
        if !(finite(raw.low) && finite(raw.high) && ordered) {
            let problem = format!("the limits {:?} and {:?} leave nothing between them", raw.low, raw.high);
            return Err(self.at.wrong(&format!("{key}.low"), &problem, "write low < high, or leave one out"));
        }
        let node = self.node(&format!("{key}.node"), raw.node)?;
        let definition = ParameterDefinition { name: raw.name, unit: raw.unit, low: raw.low, high: raw.high };
        Ok(ParameterBinding { definition, node })
    }

    /// Names of one kind, in one line.
    fn unique<'a>(&self, key: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        let mut seen = HashSet::new();
        for (index, name) in names.enumerate() {
            if !seen.insert(name) {
                let problem = format!("the name {name:?} is used twice in this line");
                return Err(self.at.wrong(&format!("{key}[{index}].name"), &problem, "give each a name of its own"));
            }
        }
        Ok(())
    }
}

impl Raw {
    pub(super) fn checked(self, key: &str, aliases: Option<&Aliases>, at: &Context) -> Result<LineSection, Error> {
        let bind = Binder { at, aliases };
        let state = self.state.map(|raw| {
            let node = bind.node(&format!("{key}.state.node"), raw.node)?;
            Ok::<_, Error>(StateBinding { kind: raw.kind, node })
        });
        let counters = self.counter.into_iter().enumerate().map(|(index, raw)| {
            let role = match raw.role {
                RawRole::Good => CounterRole::Good,
                RawRole::Scrap => CounterRole::Scrap,
                RawRole::Other => CounterRole::Other,
            };
            let node = bind.node(&format!("{key}.counter[{index}].node"), raw.node)?;
            Ok::<_, Error>(CounterBinding { name: raw.name, role, node })
        });
        let parameters = self.parameter.into_iter().enumerate();
        let line = LineSection {
            code: self.code,
            name: self.name,
            area: self.area,
            work_units: self.work_units,
            downtime_threshold: self.downtime_threshold,
            acknowledge_within: self.acknowledge_within,
            verify_for: self.verify_for,
            state: state.transpose()?,
            counters: counters.collect::<Result<_, _>>()?,
            parameters: parameters
                .map(|(index, raw)| bind.parameter(&format!("{key}.parameter[{index}]"), raw))
                .collect::<Result<_, _>>()?,
            order: self.order.map(|raw| bind.node(&format!("{key}.order.node"), raw.node)).transpose()?,
            alarms: bind.alarms(&format!("{key}.alarms"), self.alarms)?,
        };
        bind.unique(&format!("{key}.counter"), line.counters.iter().map(|counter| counter.name.as_str()))?;
        bind.unique(&format!("{key}.parameter"), line.parameters.iter().map(|p| p.definition.name.as_str()))?;
        Ok(line)
    }
}

//! What the engine needs to know: a plant file with the ids that its lines got in the store.

use std::{path::PathBuf, time::Duration};

use model::LineId;
use workflow::plant::Installed;

use super::{
    discover::BrowseRequest,
    item::{Item, Target},
    packml::Level,
    path::{STANDARD, Segment},
};
use crate::{
    Error,
    plant_file::{
        AlarmBinding, Identity, LineSection, NodeBinding, OpcUaSection, PlantFile, Security, StateBinding, StateKind,
    },
};

/// The namespace of OPC 30050.
const PACKML: &str = "http://opcfoundation.org/UA/PackML/";
/// Events that a server keeps for us at least: a repetition of all alarms comes at once. To it, 0 and 1 mean other things.
const EVENT_QUEUE: u32 = 1_000;
/// Largest queue that is asked for. A queue costs the server memory per item; beyond this, a gap is the honest answer.
const MAX_QUEUE: u32 = 10_000;

/// An OPC UA source, ready to be connected.
#[derive(Clone, Debug)]
pub struct OpcUaConfig {
    pub(super) source: String,
    pub(super) url: String,
    pub(super) security: Security,
    pub(super) certificate_host: Option<String>,
    pub(super) identity: Identity,
    pub(super) pki: PathBuf,
    pub(super) publishing_interval: Duration,
    pub(super) items: Vec<Item>,
}

impl OpcUaConfig {
    /// The code of the source.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The source of a plant file, or `None` when the file has no `[opcua]` section.
    ///
    /// # Errors
    /// [`Error::PlantFile`] when a line of the file is not among the installed ones.
    pub fn new(file: &PlantFile, installed: &Installed) -> Result<Option<Self>, Error> {
        let Some(section) = &file.opcua else { return Ok(None) };
        let mut items = Vec::new();
        for line in &file.lines {
            let id = installed.lines.get(&line.code).copied().ok_or_else(|| Error::PlantFile {
                file: file.plant.code.clone(),
                key: format!("line {}", line.code),
                problem: "the line is not installed".to_owned(),
                remedy: "install the definition of this very file first".to_owned(),
            })?;
            items.extend(Items { section, line: id }.of(line));
        }
        items.extend(section.alarms.iter().map(|alarms| notifier(alarms, None)));
        Ok(Some(Self {
            source: section.code.clone(),
            url: section.url.clone(),
            security: section.security,
            certificate_host: section.certificate_host.clone(),
            identity: section.identity.clone(),
            pki: section.pki.clone(),
            publishing_interval: section.publishing_interval,
            items,
        }))
    }
}

impl OpcUaConfig {
    /// A server that is only looked at.
    pub(super) fn visiting(request: &BrowseRequest) -> Self {
        Self {
            source: "OPCUA".to_owned(),
            url: request.url.clone(),
            security: request.security,
            certificate_host: request.certificate_host.clone(),
            identity: request.identity.clone(),
            pki: request.pki.clone(),
            publishing_interval: Duration::ZERO,
            items: Vec::new(),
        }
    }
}

/// The item of a notifier.
fn notifier(alarms: &AlarmBinding, line: Option<LineId>) -> Item {
    let AlarmBinding { notifier, acknowledge } = alarms;
    Item {
        paths: vec![notifier.path.clone()],
        target: Target::Alarms(line, *acknowledge),
        sampling: Duration::ZERO,
        rate: notifier.rate,
        queue: notifier.queue.unwrap_or(EVENT_QUEUE).clamp(EVENT_QUEUE, MAX_QUEUE),
    }
}

/// Makes the items of one line.
struct Items<'a> {
    section: &'a OpcUaSection,
    line: LineId,
}

impl Items<'_> {
    fn of(&self, line: &LineSection) -> Vec<Item> {
        let mut items: Vec<_> = line.state.iter().flat_map(|state| self.state(state)).collect();
        items.extend(
            line.counters.iter().map(|counter| {
                self.item(&counter.node, Target::Counter(self.line, counter.name.clone(), counter.role))
            }),
        );
        items.extend(line.parameters.iter().map(|parameter| {
            self.item(&parameter.node, Target::Parameter(self.line, parameter.definition.name.clone()))
        }));
        items.extend(line.order.iter().map(|node| self.item(node, Target::Order(self.line))));
        items.extend(line.alarms.iter().map(|alarms| notifier(alarms, Some(self.line))));
        items
    }

    fn item(&self, node: &NodeBinding, target: Target) -> Item {
        let wanted = (self.section.outage_budget.as_secs_f64() * node.rate).ceil();
        // Casting a float saturates, so a huge product becomes the bound.
        let queue = node.queue.unwrap_or(wanted as u32).clamp(1, MAX_QUEUE);
        Item { paths: vec![node.path.clone()], target, sampling: node.sampling, rate: node.rate, queue }
    }

    fn state(&self, state: &StateBinding) -> Vec<Item> {
        match state.kind {
            StateKind::PackTags => vec![self.item(&state.node, Target::State(self.line))],
            StateKind::PackMl => Level::ALL.into_iter().map(|level| self.machine(&state.node, level)).collect(),
        }
    }

    /// `CurrentState/Number` when the server has it: it needs no look-up. `CurrentState/Id` is always there.
    fn machine(&self, node: &NodeBinding, level: Level) -> Item {
        let nested = ["BaseStateMachine", "MachineState", "ExecuteState"];
        let mut below: Vec<_> = nested[..=level as usize].iter().map(|name| Segment::new(PACKML, name)).collect();
        below.push(Segment::new(STANDARD, "CurrentState"));
        let paths = ["Number", "Id"].map(|property| {
            let mut below = below.clone();
            below.push(Segment::new(STANDARD, property));
            node.path.join(&below)
        });
        Item { paths: paths.to_vec(), ..self.item(node, Target::PackMl(self.line, level)) }
    }
}

//! What a server's nodes probably mean: by their types first, then by the names that people use. Pure.

use workflow::ingest::CounterRole;

use super::tree::{Class, Holds, Tree};
use crate::{opcua::path::Segment, plant_file::StateKind};

/// OPC 30050.
pub(super) const PACKML: &str = "http://opcfoundation.org/UA/PackML/";
/// OPC 40001-1.
pub(super) const MACHINERY: &str = "http://opcfoundation.org/UA/Machinery/";
/// OPC 40001-3.
pub(super) const MACHINERY_JOBS: &str = "http://opcfoundation.org/UA/Machinery/Jobs/";
/// OPC 10031-4, both editions.
pub(super) const ISA95_JOBS: [&str; 2] =
    ["http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/", "http://opcfoundation.org/UA/ISA95-JOBCONTROL/"];
/// OPC 10000-100.
pub(super) const DEVICES: &str = "http://opcfoundation.org/UA/DI/";

/// Lines that are proposed. A person who sees more reads none.
const MAX_LINES: usize = 100;
/// Process values that are proposed for one line.
const MAX_PARAMETERS: usize = 50;

/// Objects that only group what belongs to the machine above them.
const GROUPS: [&str; 12] = [
    "Status",
    "Admin",
    "Command",
    "PackTags",
    "PackML",
    "PackMLObject",
    "MachineryBuildingBlocks",
    "Monitoring",
    "JobManagement",
    "JobOrderControl",
    "JobOrderReceiver",
    "Production",
];
/// Variables that count, by their names in lower case.
const COUNTERS: [(&str, &str, CounterRole); 12] = [
    ("prodprocessedcount", "good", CounterRole::Good),
    ("goodcount", "good", CounterRole::Good),
    ("goodparts", "good", CounterRole::Good),
    ("goodproducts", "good", CounterRole::Good),
    ("proddefectivecount", "scrap", CounterRole::Scrap),
    ("scrapcount", "scrap", CounterRole::Scrap),
    ("badcount", "scrap", CounterRole::Scrap),
    ("rejectcount", "scrap", CounterRole::Scrap),
    ("defectiveproducts", "scrap", CounterRole::Scrap),
    ("prodconsumedcount", "consumed", CounterRole::Other),
    ("totalcount", "total", CounterRole::Other),
    ("partcount", "total", CounterRole::Other),
];
/// Variables that tell the active order, by their names in lower case.
const ORDERS: [&str; 8] = [
    "ordernumber",
    "productionorder",
    "productionordernumber",
    "activeorder",
    "currentorder",
    "joborderid",
    "workorder",
    "workordernumber",
];
/// Objects whose variables are process values, by their names in lower case.
const PARAMETERS: [&str; 5] = ["parameters", "processvalues", "process", "measurements", "sensors"];
/// What a variable that tells a PackTags state is called, in lower case.
const STATES: [&str; 2] = ["statecurrent", "packmlstate"];

/// A machine or a line, with what tells of it.
#[derive(Clone, Debug)]
pub(super) struct FoundLine {
    /// The object of the machine.
    pub(super) root: usize,
    /// What tells its state.
    pub(super) state: Option<(StateKind, usize)>,
    /// What tells it too.
    pub(super) other_states: Vec<(StateKind, usize)>,
    /// What it counts.
    pub(super) counters: Vec<(usize, &'static str, CounterRole)>,
    /// What it measures, with the property that tells the unit.
    pub(super) parameters: Vec<(usize, Option<usize>)>,
    /// More of those than are listed.
    pub(super) more_parameters: usize,
    /// What tells its order.
    pub(super) order: Option<usize>,
    /// `MachineryItemState`, which says less than PackML.
    pub(super) item_state: Option<usize>,
    /// Who made it, and under which number.
    pub(super) identification: Option<usize>,
    /// What takes job orders.
    pub(super) receivers: Vec<usize>,
    /// The object that reports its events.
    pub(super) notifier: Option<usize>,
}

impl FoundLine {
    fn at(root: usize) -> Self {
        Self {
            root,
            state: None,
            other_states: Vec::new(),
            counters: Vec::new(),
            parameters: Vec::new(),
            more_parameters: 0,
            order: None,
            item_state: None,
            identification: None,
            receivers: Vec::new(),
            notifier: None,
        }
    }
}

/// What a node by itself says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    PackMl,
    PackTags,
    ItemState,
    Identification,
    Receiver,
}

/// All lines, in the order in which the server shows them, and how many more there are.
pub(super) fn lines(tree: &Tree) -> (Vec<FoundLine>, usize) {
    let marks: Vec<_> = (0..tree.nodes.len()).filter_map(|index| Some((index, mark(tree, index)?))).collect();
    let mut lines: Vec<FoundLine> = Vec::new();
    for (index, mark) in &marks {
        // An identification alone is a part or a device, not a line.
        if *mark != Mark::Identification {
            let root = root(tree, *index, *mark);
            if !lines.iter().any(|line| line.root == root) {
                lines.push(FoundLine::at(root));
            }
        }
    }
    let roots: Vec<_> = lines.iter().map(|line| line.root).collect();
    for (index, mark) in marks {
        let root = root(tree, index, mark);
        let Some(line) = lines.iter_mut().find(|line| line.root == root) else { continue };
        match mark {
            Mark::PackMl => take_state(line, StateKind::PackMl, index),
            Mark::PackTags => take_state(line, StateKind::PackTags, index),
            Mark::ItemState => line.item_state = line.item_state.or(Some(index)),
            Mark::Identification => line.identification = line.identification.or(Some(index)),
            Mark::Receiver => line.receivers.push(index),
        }
    }
    for line in &mut lines {
        values(tree, line, &roots);
    }
    // Servers show things in any order; a proposal that is made again should be the same.
    lines.sort_by_cached_key(|line| names(tree, line.root));
    let more = lines.len().saturating_sub(MAX_LINES);
    lines.truncate(MAX_LINES);
    (lines, more)
}

/// By type a state is sure; a second one of the same kind is somebody's choice.
fn take_state(line: &mut FoundLine, kind: StateKind, index: usize) {
    match line.state {
        None => line.state = Some((kind, index)),
        Some((StateKind::PackTags, other)) if kind == StateKind::PackMl => {
            line.other_states.push((StateKind::PackTags, other));
            line.state = Some((kind, index));
        }
        Some(_) => line.other_states.push((kind, index)),
    }
}

fn mark(tree: &Tree, index: usize) -> Option<Mark> {
    let node = &tree.nodes[index];
    // An AddIn is known by the name that its specification gives it, even where its type is the vendor's own.
    let add_in = |namespace: &str, name: &str| node.add_in && node.name == Segment::new(namespace, name);
    match node.class {
        Class::Object => {
            if tree.is_a(index, PACKML, &["PackMLBaseObjectType"]) || has_base_machine(tree, index) {
                Some(Mark::PackMl)
            } else if tree.is_a(index, MACHINERY, &["MachineryItemState_StateMachineType"])
                || add_in(MACHINERY, "MachineryItemState")
            {
                Some(Mark::ItemState)
            } else if tree.is_a(index, MACHINERY, &["MachineryItemIdentificationType", "MachineIdentificationType"])
                || add_in(DEVICES, "Identification")
            {
                Some(Mark::Identification)
            } else if ISA95_JOBS.iter().any(|uri| tree.is_a(index, uri, &["ISA95JobOrderReceiverObjectType"]))
                || ISA95_JOBS.iter().any(|uri| add_in(uri, "JobOrderControl"))
                || add_in(MACHINERY_JOBS, "JobOrderControl")
            {
                Some(Mark::Receiver)
            } else {
                None
            }
        }
        Class::Variable => {
            let facts = tree.facts.get(&index)?;
            let named = STATES.contains(&node.name.name.to_lowercase().as_str());
            (named && facts.holds == Holds::Integer && facts.scalar).then_some(Mark::PackTags)
        }
        Class::Method => None,
    }
}

/// Whether an object carries the outermost PackML machine under the name that its specification gives it.
fn has_base_machine(tree: &Tree, index: usize) -> bool {
    let name = Segment::new(PACKML, "BaseStateMachine");
    tree.children(index)
        .any(|child| tree.nodes[child].name == name && tree.is_a(child, PACKML, &["PackMLBaseStateMachineType"]))
}

/// The object of the machine that a marked node tells of.
fn root(tree: &Tree, index: usize, mark: Mark) -> usize {
    let begin = match mark {
        Mark::PackMl => index,
        Mark::PackTags | Mark::ItemState | Mark::Identification | Mark::Receiver => {
            tree.nodes[index].parent.unwrap_or(index)
        }
    };
    let mut root = begin;
    while let Some(parent) = tree.nodes[root].parent.filter(|_| GROUPS.contains(&tree.nodes[root].name.name.as_str())) {
        root = parent;
    }
    root
}

/// What is below a line and is no part of another one.
fn values(tree: &Tree, line: &mut FoundLine, roots: &[usize]) {
    let own = tree.within(line.root, |index| !roots.contains(&index));
    for index in own {
        let node = &tree.nodes[index];
        if node.class != Class::Variable || tree.is_property(index) || below_variable(tree, index) {
            continue;
        }
        let name = node.name.name.to_lowercase();
        let facts = tree.facts.get(&index).copied().unwrap_or_default();
        if let Some((_, name, role)) = COUNTERS.iter().find(|(known, ..)| *known == name) {
            line.counters.push((index, name, *role));
        } else if line.order.is_none() && facts.holds == Holds::Text && facts.scalar && ORDERS.contains(&name.as_str())
        {
            line.order = Some(index);
        } else if facts.scalar && matches!(facts.holds, Holds::Float | Holds::Integer) {
            let unit = tree.child(index, "EngineeringUnits");
            let grouped = node
                .parent
                .is_some_and(|parent| PARAMETERS.contains(&tree.nodes[parent].name.name.to_lowercase().as_str()));
            if unit.is_some() || (grouped && facts.holds == Holds::Float) {
                match line.parameters.len() < MAX_PARAMETERS {
                    true => line.parameters.push((index, unit)),
                    false => line.more_parameters += 1,
                }
            }
        }
    }
    line.notifier =
        std::iter::once(line.root).chain(tree.above(line.root)).find(|index| tree.notifiers.contains(index));
}

/// The names on the way to a node.
fn names(tree: &Tree, index: usize) -> Vec<String> {
    tree.path(index).into_iter().map(|segment| segment.name.clone()).collect()
}

/// A part of a variable is told by the variable.
fn below_variable(tree: &Tree, index: usize) -> bool {
    tree.nodes[index].parent.is_some_and(|parent| tree.nodes[parent].class == Class::Variable)
}

/// Properties whose values a proposal needs.
pub(super) fn wanted(tree: &Tree, lines: &[FoundLine]) -> Vec<usize> {
    let units = lines.iter().flat_map(|line| &line.parameters).filter_map(|(_, unit)| *unit);
    let numbers = lines.iter().filter_map(|line| line.identification).flat_map(|of| {
        ["Manufacturer", "SerialNumber", "ProductInstanceUri"].into_iter().filter_map(move |name| tree.child(of, name))
    });
    units.chain(numbers).collect()
}

//! Walks over a server, within bounds: it may be huge, slow, or mean no good.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use opcua::types::{
    AttributeId, BrowseDescription, BrowseDirection, BrowseResult, BrowseResultMask, DataTypeId, Identifier,
    NamespaceMap, NodeClass, NodeId, ObjectId, ReadValueId, ReferenceDescription, ReferenceTypeId, StatusCode, Variant,
};
use tokio::time::Instant;

use super::tree::{Class, Facts, Holds, Node, Tree, is_of_the_server_itself};
use crate::opcua::{path::Segment, services::Services};

/// Nodes of a large plant's server. Beyond, a person chooses better than we do.
const MAX_NODES: usize = 50_000;
/// Levels below `Objects`. Companion specifications nest about ten deep; a path may be at most 32 names long.
const MAX_DEPTH: usize = 16;
/// A person waits for the result.
const MAX_TIME: Duration = Duration::from_secs(120);
/// Nodes per browse: every server takes this many.
const NODES_PER_BROWSE: usize = 50;
/// References in one answer; the rest is asked for again.
const REFERENCES_PER_ANSWER: u32 = 1_000;
/// Answers about one node. With the bound above, more than a walk may see.
const MAX_ANSWERS: usize = 100;
/// Longest browse name that the standard allows. A longer one is no name.
const MAX_NAME: usize = 512;
/// Values per read: every server takes this many.
const VALUES_PER_READ: usize = 100;
/// Variables that are looked at more closely.
const MAX_FACTS: usize = 10_000;
/// Properties whose values are read.
const MAX_VALUES: usize = 2_000;
/// Steps up a type hierarchy: companion specifications derive four deep or so.
const MAX_SUPERTYPES: usize = 16;

/// Walks over everything below `Objects`.
pub(super) struct Walker<'a> {
    services: &'a Services,
    /// URIs of the namespaces by their present index.
    uris: HashMap<u16, String>,
    namespaces: NamespaceMap,
    until: Instant,
}

impl<'a> Walker<'a> {
    /// Begins.
    pub(super) async fn new(services: &'a Services) -> Result<Self, StatusCode> {
        let namespaces = services.namespaces().await?;
        let uris = namespaces.known_namespaces().iter().map(|(uri, index)| (*index, uri.clone())).collect();
        Ok(Self { services, uris, namespaces, until: Instant::now() + MAX_TIME })
    }

    /// The nodes, with the names of their types and what their variables hold.
    pub(super) async fn tree(&self) -> Result<Tree, StatusCode> {
        let mut tree = Tree::default();
        let mut seen = HashSet::from([NodeId::from(ObjectId::ObjectsFolder)]);
        let mut level = vec![(None, NodeId::from(ObjectId::ObjectsFolder))];
        for depth in 1..=MAX_DEPTH {
            let mut next = Vec::new();
            for chunk in level.chunks(NODES_PER_BROWSE) {
                self.chunk(chunk, &mut tree, &mut seen, &mut next).await?;
                if tree.cut_short.is_some() {
                    break;
                }
            }
            if next.is_empty() || tree.cut_short.is_some() {
                break;
            }
            if depth == MAX_DEPTH {
                tree.cut_short = Some(format!("what is deeper than {MAX_DEPTH} levels was not looked at"));
            }
            level = next;
        }
        self.name_types(&mut tree).await?;
        self.look_at_variables(&mut tree).await?;
        self.look_at_notifiers(&mut tree).await?;
        Ok(tree)
    }

    /// What is directly below these nodes.
    async fn chunk(
        &self,
        chunk: &[(Option<usize>, NodeId)],
        tree: &mut Tree,
        seen: &mut HashSet<NodeId>,
        next: &mut Vec<(Option<usize>, NodeId)>,
    ) -> Result<(), StatusCode> {
        let asked = chunk.iter().map(|(_, id)| below(id)).collect();
        let results = self.services.browse(asked, REFERENCES_PER_ANSWER).await?;
        for ((parent, _), result) in chunk.iter().zip(results) {
            if result.status_code.is_bad() {
                tree.hidden += 1;
                continue;
            }
            for reference in self.all(result).await? {
                let Some(node) = self.node(*parent, reference) else { continue };
                if is_of_the_server_itself(&node.id) || !seen.insert(node.id.clone()) {
                    continue;
                }
                if tree.nodes.len() >= MAX_NODES {
                    tree.cut_short = Some(format!("only the first {MAX_NODES} nodes were looked at"));
                    return Ok(());
                }
                let id = (node.class != Class::Method).then(|| node.id.clone());
                let index = tree.add(node);
                next.extend(id.map(|id| (Some(index), id)));
            }
            if Instant::now() > self.until {
                tree.cut_short = Some(format!("only what was found within {MAX_TIME:?} was looked at"));
                return Ok(());
            }
        }
        Ok(())
    }

    /// All references of one node, over as many answers as it takes.
    async fn all(&self, first: BrowseResult) -> Result<Vec<ReferenceDescription>, StatusCode> {
        let mut references = first.references.unwrap_or_default();
        let mut point = first.continuation_point;
        for answer in 1.. {
            if point.is_null_or_empty() {
                break;
            }
            let enough = answer >= MAX_ANSWERS || references.len() >= MAX_NODES;
            let more = self.services.browse_on(point, enough).await?;
            if enough || more.status_code.is_bad() {
                break;
            }
            references.extend(more.references.unwrap_or_default());
            point = more.continuation_point;
        }
        Ok(references)
    }

    fn node(&self, parent: Option<usize>, reference: ReferenceDescription) -> Option<Node> {
        let class = match reference.node_class {
            NodeClass::Object => Class::Object,
            NodeClass::Variable => Class::Variable,
            NodeClass::Method => Class::Method,
            _ => return None,
        };
        // A node of another server is none that we could read here.
        let id = self.namespaces.resolve_node_id(&reference.node_id)?.into_owned();
        let type_definition =
            self.namespaces.resolve_node_id(&reference.type_definition).map(|id| id.into_owned()).unwrap_or_default();
        let name = reference.browse_name;
        let text = name.name.as_ref();
        if text.is_empty() || text.len() > MAX_NAME {
            return None;
        }
        let name = Segment::new(self.uris.get(&name.namespace_index)?, text);
        let add_in = reference.reference_type_id == ReferenceTypeId::HasAddIn;
        Some(Node { parent, id, name, class, type_definition, add_in })
    }

    /// The names of all types, with those above them.
    async fn name_types(&self, tree: &mut Tree) -> Result<(), StatusCode> {
        let wanted: HashSet<_> = tree.nodes.iter().map(|node| node.type_definition.clone()).collect();
        let wanted: Vec<_> = wanted.into_iter().filter(|id| !id.is_null()).collect();
        let ancestors = self.ancestors(&wanted).await?;
        let mut all: Vec<_> = ancestors.values().flatten().cloned().collect();
        all.sort_unstable_by_key(ToString::to_string);
        all.dedup();
        let read = all.iter().map(|id| attribute(id, AttributeId::BrowseName)).collect();
        let mut names = HashMap::new();
        for (id, value) in all.iter().zip(self.read(read).await?) {
            if let Some(Variant::QualifiedName(name)) = value
                && let Some(uri) = self.uris.get(&name.namespace_index)
            {
                names.insert(id.clone(), Segment::new(uri, name.name.as_ref()));
            }
        }
        for (id, ancestors) in ancestors {
            tree.types.insert(id, ancestors.iter().filter_map(|id| names.get(id).cloned()).collect());
        }
        Ok(())
    }

    /// Each type, followed by those that it is a subtype of.
    async fn ancestors(&self, types: &[NodeId]) -> Result<HashMap<NodeId, Vec<NodeId>>, StatusCode> {
        let mut parents: HashMap<NodeId, Option<NodeId>> = HashMap::new();
        let mut unknown: Vec<_> = types.to_vec();
        for _ in 0..MAX_SUPERTYPES {
            unknown.retain(|id| !parents.contains_key(id));
            unknown.sort_unstable_by_key(ToString::to_string);
            unknown.dedup();
            if unknown.is_empty() || Instant::now() > self.until {
                break;
            }
            let mut next = Vec::new();
            for chunk in unknown.chunks(NODES_PER_BROWSE) {
                let asked = chunk.iter().map(supertype).collect();
                let results = self.services.browse(asked, REFERENCES_PER_ANSWER).await?;
                for (id, result) in chunk.iter().zip(results) {
                    let parent = result.references.into_iter().flatten().next();
                    let parent = parent.and_then(|p| Some(self.namespaces.resolve_node_id(&p.node_id)?.into_owned()));
                    next.extend(parent.clone());
                    parents.insert(id.clone(), parent);
                }
            }
            unknown = next;
        }
        let chain = |id: &NodeId| {
            let up = |id: &NodeId| parents.get(id).cloned().flatten();
            std::iter::successors(Some(id.clone()), up).take(MAX_SUPERTYPES).collect()
        };
        Ok(types.iter().map(|id| (id.clone(), chain(id))).collect())
    }

    /// What the variables hold that are no properties.
    async fn look_at_variables(&self, tree: &mut Tree) -> Result<(), StatusCode> {
        let variables = (0..tree.nodes.len())
            .filter(|index| tree.nodes[*index].class == Class::Variable && !tree.is_property(*index));
        let variables: Vec<_> = variables.take(MAX_FACTS).collect();
        let wanted = [AttributeId::DataType, AttributeId::ValueRank, AttributeId::UserAccessLevel];
        let of = |index: &usize| wanted.map(|wanted| attribute(&tree.nodes[*index].id, wanted));
        let values = self.read(variables.iter().flat_map(of).collect()).await?;
        let mut data_types = Vec::new();
        let mut known = Vec::new();
        for (index, values) in variables.into_iter().zip(values.chunks(wanted.len())) {
            let data_type = match values.first() {
                Some(Some(Variant::NodeId(id))) => (**id).clone(),
                _ => NodeId::null(),
            };
            // -1 is one value, -3 one value or an array of one dimension, -2 anything.
            let scalar = matches!(values.get(1), Some(Some(Variant::Int32(-3..=-1))));
            let history = matches!(values.get(2), Some(Some(Variant::Byte(level))) if level & HISTORY_READ != 0);
            data_types.push(data_type.clone());
            known.push((index, data_type, Facts { holds: Holds::Other, scalar, history }));
        }
        data_types.sort_unstable_by_key(ToString::to_string);
        data_types.dedup();
        data_types.retain(|id| !id.is_null());
        let ancestors = self.ancestors(&data_types).await?;
        for (index, data_type, facts) in known {
            let holds = ancestors.get(&data_type).map(|all| holds(all)).unwrap_or_default();
            tree.facts.insert(index, Facts { holds, ..facts });
        }
        Ok(())
    }

    /// Which objects have events.
    async fn look_at_notifiers(&self, tree: &mut Tree) -> Result<(), StatusCode> {
        let objects: Vec<_> =
            (0..tree.nodes.len()).filter(|index| tree.nodes[*index].class == Class::Object).take(MAX_FACTS).collect();
        let asked = objects.iter().map(|index| attribute(&tree.nodes[*index].id, AttributeId::EventNotifier)).collect();
        let values = self.read(asked).await?;
        let notifies = |value: &Option<Variant>| matches!(value, Some(Variant::Byte(bits)) if bits & SUBSCRIBE != 0);
        tree.notifiers = objects.into_iter().zip(values).filter(|(_, value)| notifies(value)).map(|(i, _)| i).collect();
        Ok(())
    }

    /// Reads the values of properties.
    pub(super) async fn read_values(&self, tree: &mut Tree, mut wanted: Vec<usize>) -> Result<(), StatusCode> {
        wanted.truncate(MAX_VALUES);
        let asked = wanted.iter().map(|index| attribute(&tree.nodes[*index].id, AttributeId::Value)).collect();
        let values = self.read(asked).await?;
        tree.values.extend(wanted.into_iter().zip(values).filter_map(|(index, value)| Some((index, value?))));
        Ok(())
    }

    /// Reads attributes; `None` where there is no good value, or no time left.
    async fn read(&self, wanted: Vec<ReadValueId>) -> Result<Vec<Option<Variant>>, StatusCode> {
        let mut all = Vec::with_capacity(wanted.len());
        for chunk in wanted.chunks(VALUES_PER_READ) {
            if Instant::now() > self.until {
                all.resize(wanted.len(), None);
                break;
            }
            let values = self.services.read_attributes(chunk.to_vec()).await?;
            all.extend(
                values.into_iter().map(|value| value.value.filter(|_| value.status.is_none_or(|s| !s.is_bad()))),
            );
        }
        Ok(all)
    }
}

/// The bit of an access level that says that history can be read.
pub(in crate::opcua) const HISTORY_READ: u8 = 1 << 2;
/// The bit of an event notifier that says that events can be subscribed to.
const SUBSCRIBE: u8 = 1;

fn attribute(id: &NodeId, attribute: AttributeId) -> ReadValueId {
    ReadValueId { node_id: id.clone(), attribute_id: attribute as u32, ..Default::default() }
}

fn below(id: &NodeId) -> BrowseDescription {
    BrowseDescription {
        node_id: id.clone(),
        browse_direction: BrowseDirection::Forward,
        reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
        include_subtypes: true,
        node_class_mask: NodeClass::Object as u32 | NodeClass::Variable as u32 | NodeClass::Method as u32,
        result_mask: BrowseResultMask::All as u32,
    }
}

fn supertype(id: &NodeId) -> BrowseDescription {
    BrowseDescription {
        node_id: id.clone(),
        browse_direction: BrowseDirection::Inverse,
        reference_type_id: ReferenceTypeId::HasSubtype.into(),
        include_subtypes: true,
        node_class_mask: 0,
        result_mask: BrowseResultMask::All as u32,
    }
}

/// What a data type holds, from itself and its supertypes. The numbers are those of the types that every server has.
fn holds(types: &[NodeId]) -> Holds {
    const SBYTE_TO_UINT64: std::ops::RangeInclusive<u32> = 2..=9;
    const INTEGER_TO_ENUMERATION: std::ops::RangeInclusive<u32> = 27..=29;
    let number = |id: &NodeId| match &id.identifier {
        Identifier::Numeric(number) if id.namespace == 0 => Some(*number),
        _ => None,
    };
    for known in types.iter().filter_map(number) {
        if SBYTE_TO_UINT64.contains(&known) || INTEGER_TO_ENUMERATION.contains(&known) {
            return Holds::Integer;
        }
        if [DataTypeId::Float as u32, DataTypeId::Double as u32].contains(&known) {
            return Holds::Float;
        }
        if known == DataTypeId::String as u32 {
            return Holds::Text;
        }
    }
    Holds::Other
}

//! What a walk over a server has found: nodes, their places, and what they are instances of.

use std::collections::HashMap;

use opcua::types::{NodeId, ObjectId, VariableTypeId, Variant};

use crate::opcua::path::Segment;

/// What kind of node it is, as far as that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// An object.
    Object,
    /// A variable or a property.
    Variable,
    /// A method.
    Method,
}

/// What a variable holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Holds {
    /// Whole numbers, or words of an enumeration.
    Integer,
    /// Numbers with a fraction.
    Float,
    /// Text.
    Text,
    /// Something else, or not known.
    #[default]
    Other,
}

/// What is known of a variable beside its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// What it holds.
    pub(super) holds: Holds,
    /// One value, not an array.
    pub(super) scalar: bool,
    /// The server keeps its history and shows it.
    pub(super) history: bool,
}

/// A node.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The node that the walk came from; `None` directly below `Objects`.
    pub(super) parent: Option<usize>,
    /// How the server calls it in this session.
    pub(super) id: NodeId,
    /// Its browse name.
    pub(super) name: Segment,
    /// What kind of node it is.
    pub(super) class: Class,
    /// Its type; null for methods.
    pub(super) type_definition: NodeId,
    /// Whether it is an AddIn (`HasAddIn`): then its name is given by its specification.
    pub(super) add_in: bool,
}

/// The nodes in the order in which they were found, nearest to `Objects` first.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// The nodes.
    pub(super) nodes: Vec<Node>,
    /// Of each node, those directly below it.
    below: Vec<Vec<usize>>,
    /// The names of each type and of those that it is a subtype of, nearest first.
    pub(super) types: HashMap<NodeId, Vec<Segment>>,
    /// Of variables that were looked at.
    pub(super) facts: HashMap<usize, Facts>,
    /// Objects whose events can be subscribed to.
    pub(super) notifiers: Vec<usize>,
    /// Values of properties that were read.
    pub(super) values: HashMap<usize, Variant>,
    /// Why the walk ended before it had seen all, for a person.
    pub(super) cut_short: Option<String>,
    /// Nodes that the server would not show.
    pub(super) hidden: usize,
}

impl Tree {
    /// Takes a node in. Its parent is in already.
    pub(super) fn add(&mut self, node: Node) -> usize {
        let index = self.nodes.len();
        if let Some(parent) = node.parent {
            self.below[parent].push(index);
        }
        self.nodes.push(node);
        self.below.push(Vec::new());
        index
    }

    /// Whether a node is an instance of one of these types, or of a subtype.
    pub(super) fn is_a(&self, index: usize, namespace: &str, types: &[&str]) -> bool {
        let is = |name: &Segment| name.namespace == namespace && types.contains(&name.name.as_str());
        self.types.get(&self.nodes[index].type_definition).is_some_and(|names| names.iter().any(is))
    }

    /// Whether a node is a property of another, and no value of the process.
    pub(super) fn is_property(&self, index: usize) -> bool {
        self.nodes[index].type_definition == VariableTypeId::PropertyType
    }

    /// The nodes directly below one.
    pub(super) fn children(&self, of: usize) -> impl Iterator<Item = usize> {
        self.below[of].iter().copied()
    }

    /// The node of this name directly below another.
    pub(super) fn child(&self, of: usize, name: &str) -> Option<usize> {
        self.children(of).find(|index| self.nodes[*index].name.name == name)
    }

    /// All nodes below one, those nearest first; of nodes for which `enter` says no, neither they nor what is below.
    pub(super) fn within(&self, of: usize, enter: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut found: Vec<_> = self.children(of).filter(|index| enter(*index)).collect();
        let mut next = 0;
        while let Some(index) = found.get(next).copied() {
            found.extend(self.children(index).filter(|index| enter(*index)));
            next += 1;
        }
        found
    }

    /// The nodes above one, the nearest first.
    pub(super) fn above(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.nodes[index].parent, |parent| self.nodes[*parent].parent)
    }

    /// The browse names from below `Objects` to a node.
    pub(super) fn path(&self, index: usize) -> Vec<&Segment> {
        let mut path: Vec<_> = std::iter::once(index).chain(self.above(index)).map(|i| &self.nodes[i].name).collect();
        path.reverse();
        path
    }

    /// The text of a property below a node, where it was read and says something.
    pub(super) fn text(&self, of: usize, property: &str) -> Option<String> {
        let text = match self.values.get(&self.child(of, property)?)? {
            Variant::String(text) => text.as_ref().to_owned(),
            Variant::LocalizedText(text) => text.text.as_ref().to_owned(),
            _ => return None,
        };
        Some(text).filter(|text| !text.trim().is_empty())
    }
}

/// Nodes that every server has and no plant is in.
pub(super) fn is_of_the_server_itself(id: &NodeId) -> bool {
    // The folders Aliases and Locations of newer servers.
    const FOLDERS: [u32; 2] = [23470, 31915];
    *id == ObjectId::Server || FOLDERS.iter().any(|folder| *id == NodeId::new(0, *folder))
}

//! The structure: how deep, wide and often, with all fragments expanded but none walked twice.

use std::collections::HashMap;

use apollo_compiler::{
    Name,
    ast::{self, Definition, DirectiveList, OperationType, Selection, Value},
};
use model::Code;

use super::super::{Limits, Refusal};

/// Operations in one document. A client that keeps its operations in one file sends more of the file than it runs.
const OPERATIONS_MAX: usize = 20;

/// Fields, inline fragments and spreads around each other. The library gives up at 32, without a code.
const NESTING_MAX: u64 = 30;

/// Levels of fields below `__schema` and `__type`. The query that tools send needs 15, most of them for list types.
const INTROSPECTION_DEPTH_MAX: u64 = 20;

/// Lists of lists below `__schema` and `__type`: fields of types of fields multiply to the whole schema each time.
const INTROSPECTION_LISTS_MAX: u64 = 2;

/// Whole schemas in one answer. Tools ask for one.
const INTROSPECTION_ROOTS_MAX: u64 = 4;

/// Checks the structure of a parsed document.
///
/// # Errors
/// `QUERY_TOO_DEEP`, `QUERY_TOO_WIDE`, `ONE_MUTATION_PER_REQUEST`; `GRAPHQL_VALIDATION_FAILED` for a fragment that
/// contains itself; `INVALID_INPUT` for a text that no database can store.
pub(in super::super) fn check(limits: &Limits, document: &ast::Document) -> Result<(), Refusal> {
    let mut walk = Walk::new(document);
    if walk.fragments.len() as u64 > limits.fragments_max {
        return Err(wide("fragments", limits.fragments_max));
    }
    let operations: Vec<_> = document.definitions.iter().filter_map(Definition::as_operation_definition).collect();
    if operations.len() > OPERATIONS_MAX {
        return Err(wide("operations", OPERATIONS_MAX as u64));
    }
    // Unused fragments too: they may hold a cycle.
    let names: Vec<&Name> = walk.fragments.keys().copied().collect();
    for name in names {
        walk.fragment(name)?;
    }
    let (mut nodes, mut directives) = (0_u64, 0_u64);
    for operation in operations {
        let shape = walk.operation(operation)?;
        shape.check(limits, operation.operation_type)?;
        nodes = nodes.saturating_add(shape.nodes);
        directives = directives.saturating_add(shape.directives);
    }
    if nodes > limits.nodes_max {
        return Err(wide("selections, fragments expanded,", limits.nodes_max));
    }
    if directives > limits.directives_max {
        return Err(wide("directives", limits.directives_max));
    }
    Ok(())
}

/// How many selections [`check`] looks at. Linear in the text, whatever the text expands to.
#[cfg(test)]
pub(in super::super) fn steps(document: &ast::Document) -> u64 {
    let mut walk = Walk::new(document);
    let names: Vec<&Name> = walk.fragments.keys().copied().collect();
    for name in names {
        let _ = walk.fragment(name);
    }
    for operation in document.definitions.iter().filter_map(Definition::as_operation_definition) {
        let _ = walk.operation(operation);
    }
    walk.steps
}

/// What a selection set amounts to, its fragments expanded. All sums saturate.
#[derive(Clone, Copy, Debug, Default)]
struct Shape {
    /// Levels of fields.
    depth: u64,
    /// Levels of fields, inline fragments and spreads.
    nesting: u64,
    /// Selections of any kind.
    nodes: u64,
    /// Aliased fields.
    aliases: u64,
    /// Directives.
    directives: u64,
    /// Fields at the top of the set.
    roots: u64,
    /// Those of them that are not `__typename`.
    actions: u64,
    /// Levels of lists, if this set were below `__schema`.
    schema_lists: u64,
    /// Fields `__schema`.
    schemas: u64,
}

impl Shape {
    /// Two sets beside each other.
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            nesting: self.nesting.max(other.nesting),
            nodes: self.nodes.saturating_add(other.nodes),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            roots: self.roots.saturating_add(other.roots),
            actions: self.actions.saturating_add(other.actions),
            schema_lists: self.schema_lists.max(other.schema_lists),
            schemas: self.schemas.saturating_add(other.schemas),
        }
    }

    /// The set inside an inline fragment or a spread: one more level of nesting, one more selection.
    fn spread(self, directives: &DirectiveList) -> Self {
        Self {
            nesting: self.nesting.saturating_add(1),
            nodes: self.nodes.saturating_add(1),
            directives: self.directives.saturating_add(directives.len() as u64),
            ..self
        }
    }

    /// The set below a field.
    fn below(self, field: &ast::Field) -> Result<Self, Refusal> {
        let is_schema = field.name == "__schema";
        let introspects = is_schema || field.name == "__type";
        if introspects && self.schema_lists > INTROSPECTION_LISTS_MAX {
            return Err(deep("lists inside lists of the schema", INTROSPECTION_LISTS_MAX));
        }
        if introspects && self.depth > INTROSPECTION_DEPTH_MAX {
            return Err(deep("levels below `__schema`", INTROSPECTION_DEPTH_MAX));
        }
        let is_schema_list = matches!(field.name.as_str(), "fields" | "interfaces" | "possibleTypes" | "inputFields");
        Ok(Self {
            // The depth of the schema about itself is bounded above and says nothing about the data.
            depth: if introspects { 1 } else { self.depth.saturating_add(1) },
            nesting: self.nesting.saturating_add(1),
            nodes: self.nodes.saturating_add(1),
            aliases: self.aliases.saturating_add(u64::from(field.alias.is_some())),
            directives: self.directives.saturating_add(field.directives.len() as u64),
            roots: 1,
            actions: u64::from(field.name != "__typename"),
            schema_lists: self.schema_lists.saturating_add(u64::from(is_schema_list)),
            schemas: self.schemas.saturating_add(u64::from(is_schema)),
        })
    }

    /// What one operation may amount to.
    fn check(&self, limits: &Limits, kind: OperationType) -> Result<(), Refusal> {
        if kind == OperationType::Mutation && self.actions > 1 {
            let message = "a request may hold one mutation field; send one request for each";
            return Err(Refusal::new(Code::OneMutation, message));
        }
        let bounds = [
            (self.depth > limits.depth_max, deep("levels of fields", limits.depth_max)),
            (self.nesting > NESTING_MAX, deep("levels of fields and fragments", NESTING_MAX)),
            (self.aliases > limits.aliases_max, wide("aliases", limits.aliases_max)),
            (self.roots > limits.root_fields_max, wide("root fields", limits.root_fields_max)),
            (self.schemas > INTROSPECTION_ROOTS_MAX, wide("fields `__schema`", INTROSPECTION_ROOTS_MAX)),
        ];
        bounds.into_iter().find(|(exceeded, _)| *exceeded).map_or(Ok(()), |(_, refusal)| Err(refusal))
    }
}

/// Measures each fragment once.
struct Walk<'a> {
    fragments: HashMap<&'a Name, &'a ast::FragmentDefinition>,
    /// `None` while the fragment is being measured: meeting it again is a cycle.
    measured: HashMap<&'a Name, Option<Shape>>,
    /// Selections looked at.
    steps: u64,
}

impl<'a> Walk<'a> {
    fn new(document: &'a ast::Document) -> Self {
        let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
        let fragments = fragments.map(|fragment| (&fragment.name, &**fragment)).collect();
        Self { fragments, measured: HashMap::new(), steps: 0 }
    }

    fn operation(&mut self, operation: &'a ast::OperationDefinition) -> Result<Shape, Refusal> {
        let mut shape = self.selections(&operation.selection_set)?;
        let mut directives = operation.directives.len();
        for variable in &operation.variables {
            directives += variable.directives.len();
            variable.default_value.as_deref().map_or(Ok(()), storable)?;
        }
        shape.directives = shape.directives.saturating_add(directives as u64);
        Ok(shape)
    }

    fn selections(&mut self, selections: &'a [Selection]) -> Result<Shape, Refusal> {
        let mut shape = Shape::default();
        for selection in selections {
            self.steps += 1;
            let one = match selection {
                Selection::Field(field) => {
                    field.arguments.iter().try_for_each(|argument| storable(&argument.value))?;
                    self.selections(&field.selection_set)?.below(field)?
                }
                Selection::InlineFragment(fragment) => {
                    self.selections(&fragment.selection_set)?.spread(&fragment.directives)
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name)?.spread(&spread.directives),
            };
            shape = shape.beside(one);
        }
        Ok(shape)
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Shape, Refusal> {
        match self.measured.get(name) {
            Some(Some(shape)) => return Ok(*shape),
            Some(None) => {
                let message = format!("fragment `{name}` contains itself");
                return Err(Refusal::new(Code::QueryInvalid, message));
            }
            None => {}
        }
        // An unknown fragment weighs nothing; validation refuses it.
        let Some(definition) = self.fragments.get(name).copied() else { return Ok(Shape::default()) };
        self.measured.insert(name, None);
        let mut shape = self.selections(&definition.selection_set)?;
        shape.directives = shape.directives.saturating_add(definition.directives.len() as u64);
        self.measured.insert(name, Some(shape));
        Ok(shape)
    }
}

/// PostgreSQL stores no text with the character U+0000, so nothing may look for one either.
fn storable(value: &Value) -> Result<(), Refusal> {
    match value {
        Value::String(text) if text.contains('\0') => {
            Err(Refusal::new(Code::InvalidInput, "a text of the query contains the character U+0000"))
        }
        Value::List(items) => items.iter().try_for_each(|item| storable(item)),
        Value::Object(fields) => fields.iter().try_for_each(|(_, field)| storable(field)),
        Value::String(_)
        | Value::Null
        | Value::Enum(_)
        | Value::Variable(_)
        | Value::Float(_)
        | Value::Int(_)
        | Value::Boolean(_) => Ok(()),
    }
}

fn deep(what: &str, most: u64) -> Refusal {
    Refusal::new(Code::QueryTooDeep, format!("the query has more {what} than the {most} that are allowed"))
}

fn wide(what: &str, most: u64) -> Refusal {
    Refusal::new(Code::QueryTooWide, format!("the query has more {what} than the {most} that are allowed"))
}

//! The cost of an operation: how many objects its lists may multiply to.
//!
//! An object costs one, a scalar nothing, a list as many times what is below it as the client asks for. The types of the
//! schema are needed for that, so this runs after validation, and the variables, so it runs for each request.

use std::collections::HashMap;

use apollo_compiler::{
    ExecutableDocument, Name,
    ast::Value,
    executable::{Field, Operation, Selection, SelectionSet},
    response::{JsonMap, JsonValue},
};
use model::Code;

use super::super::{Limits, Refusal};

/// Asking for more than this is counted as this. Connections give less, whatever `first` says, so one page is never refused
/// for its number alone, and pages of pages are.
const PAGE_ITEMS_MAX: u64 = 500;

/// What a connection without `first`, `last` and a default is taken for: the page that connections give unasked.
const PAGE_ITEMS_ASSUMED: u64 = 20;

/// What a list that is no connection is taken for: the lines of a plant, the holds of a lot.
const LIST_ITEMS_ASSUMED: u64 = 10;

/// Checks what the lists of `operation` multiply to.
///
/// # Errors
/// `QUERY_TOO_COMPLEX`.
pub(in super::super) fn check(
    limits: &Limits,
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &JsonMap,
) -> Result<(), Refusal> {
    let mut tally = Tally { document, variables, fragments: HashMap::new() };
    let cost = tally.selections(&operation.selection_set);
    if cost > limits.complexity_max {
        let most = limits.complexity_max;
        let message = format!("the lists of the query multiply to {cost} objects; at most {most} are allowed");
        return Err(Refusal::new(Code::QueryTooComplex, message));
    }
    Ok(())
}

struct Tally<'a> {
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
    /// A fragment costs the same wherever it is spread.
    fragments: HashMap<&'a Name, u64>,
}

impl<'a> Tally<'a> {
    fn selections(&mut self, set: &'a SelectionSet) -> u64 {
        let costs = set.selections.iter().map(|selection| match selection {
            Selection::Field(field) => self.field(field),
            Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
            Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
        });
        costs.fold(0, u64::saturating_add)
    }

    fn fragment(&mut self, name: &'a Name) -> u64 {
        if let Some(cost) = self.fragments.get(name) {
            return *cost;
        }
        // A validated document has neither unknown fragments nor cycles.
        let cost = self.document.fragments.get(name).map_or(0, |fragment| self.selections(&fragment.selection_set));
        self.fragments.insert(name, cost);
        cost
    }

    fn field(&mut self, field: &'a Field) -> u64 {
        // Scalars are bounded by the number of selections; the schema about itself by its own limits.
        if field.selection_set.is_empty() || matches!(field.name.as_str(), "__schema" | "__type") {
            return 0;
        }
        let children = self.selections(&field.selection_set);
        match self.items(field) {
            Some(items) => items.saturating_mul(children.saturating_add(1)),
            None => children.saturating_add(1),
        }
    }

    /// How many times what is below `field` comes; `None` for a single object.
    fn items(&self, field: &Field) -> Option<u64> {
        let pages =
            field.definition.arguments.iter().any(|argument| matches!(argument.name.as_str(), "first" | "last"));
        if pages {
            let asked = ["first", "last"].into_iter().filter_map(|name| self.number(field, name)).max();
            return Some(asked.unwrap_or(PAGE_ITEMS_ASSUMED).min(PAGE_ITEMS_MAX));
        }
        // The list inside a connection is the page that its field already counted.
        if !field.ty().is_list() || (matches!(field.name.as_str(), "edges" | "nodes") && field.arguments.is_empty()) {
            return None;
        }
        let given = field.arguments.iter().filter_map(|argument| self.length(&argument.value)).max();
        Some(given.unwrap_or(LIST_ITEMS_ASSUMED))
    }

    /// The value of a numeric argument: literal, variable, or the schema's default.
    fn number(&self, field: &Field, name: &str) -> Option<u64> {
        let value = field.argument_by_name(name).ok()?;
        match &**value {
            Value::Int(number) => number.as_str().parse::<i64>().ok(),
            Value::Variable(variable) => self.variables.get(variable.as_str()).and_then(JsonValue::as_i64),
            _ => None,
        }
        // A negative number is for the resolver to refuse.
        .map(|number| u64::try_from(number).unwrap_or(0))
    }

    /// The length of a list argument: `ids`, `representations`.
    fn length(&self, value: &Value) -> Option<u64> {
        match value {
            Value::List(items) => Some(items.len() as u64),
            Value::Variable(variable) => {
                let list = self.variables.get(variable.as_str()).and_then(JsonValue::as_array);
                list.map(|items| items.len() as u64)
            }
            _ => None,
        }
    }
}

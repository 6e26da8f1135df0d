//! Orders.

use model::SubjectType;
use workflow::sync::{Assertion, Record, Statement, vocabulary::Words};

use super::{
    message::Context,
    performance::is_produced,
    words::{Amount, Said, key, time, word},
};
use crate::file::xml::Element;

/// An order.
pub(super) fn request(context: &Context<'_>, element: &Element) -> (u64, Record) {
    context.record("OperationsRequest", element, |id| {
        let mut said = Said::default();
        said.add("number", Some(Assertion::plain(id)));
        said.add("state", word(Words::RequestState, element.child("RequestState")));
        said.add("plannedStart", time(element.child("StartTime")));
        said.add("plannedEnd", time(element.child("EndTime")));
        said.add("line", line(context, element));
        if let Some(material) =
            segments(element).flat_map(|it| it.children("MaterialRequirement")).find(|it| is_produced(it))
        {
            let amount = Amount::of(material);
            said.add("material", key(material.text_of("MaterialDefinitionID")));
            said.add("quantity", amount.as_ref().map(Amount::assertion));
            said.add("unit", amount.and_then(|amount| amount.unit).map(Assertion::plain));
        }
        Ok(Statement::new(SubjectType::ProductionOrder, said.all()))
    })
}

/// The steps of an order, and the order itself: simple senders leave the steps out.
fn segments(element: &Element) -> impl Iterator<Item = &Element> {
    element.children("SegmentRequirement").chain(std::iter::once(element))
}

/// The equipment of the first step that names one, otherwise the innermost of the scope.
fn line(context: &Context<'_>, element: &Element) -> Option<Assertion> {
    let required =
        segments(element).flat_map(|it| it.children("EquipmentRequirement")).find_map(|it| it.text_of("EquipmentID"));
    let scope = segments(element).find_map(|it| it.child("HierarchyScope")).and_then(innermost);
    let name = required.or(scope)?;
    let code = context.reading.line_by_location.get(name).map_or(name, String::as_str);
    Some(Assertion::mapped(vec![name.to_owned()], code))
}

fn innermost(scope: &Element) -> Option<&str> {
    let inner = scope.child("HierarchyScope").and_then(innermost);
    inner.or_else(|| scope.text_of("EquipmentID")).or_else(|| scope.text_of("EquipmentEntityID"))
}

//! What was made, and out of which lots.

use model::SubjectType;
use workflow::sync::{Assertion, Body, Record, Statement, vocabulary::Words};

use super::{
    message::{Context, raw},
    words::{Amount, Said, key, time, word},
};
use crate::file::xml::Element;

/// A report of an order, and the genealogy in it.
pub(super) fn response(context: &Context<'_>, element: &Element, records: &mut Vec<(u64, Record)>) {
    let order = element.text_of("OperationsRequestID");
    records.push(context.record("OperationsResponse", element, |id| {
        let mut said = Said::default();
        said.add("number", Some(Assertion::plain(id)));
        said.add("order", key(order));
        said.add("state", word(Words::ResponseState, element.child("ResponseState")));
        said.add("startedAt", time(first(element, &["ActualStartTime", "StartTime"])));
        // The schemas themselves write Endtime in one place.
        said.add("endedAt", time(first(element, &["ActualEndTime", "EndTime", "Endtime"])));
        let (good, scrap) = produced(element);
        said.add("good", Amount::sum(&good));
        said.add("scrap", Amount::sum(&scrap));
        let unit = good.iter().chain(&scrap).find_map(|amount| amount.unit.clone());
        said.add("unit", unit.map(Assertion::plain));
        Ok(Statement::new(SubjectType::JobResponse, said.all()))
    }));
    if let Some(id) = element.text_of("ID") {
        links(context, element, id, order, records);
    }
}

/// Which lots went into which, step by step. A step that names no product feeds those of the whole report.
fn links(context: &Context<'_>, element: &Element, id: &str, order: Option<&str>, records: &mut Vec<(u64, Record)>) {
    let all: Vec<&str> = actuals(element).filter(|it| is_produced(it)).flat_map(lots).collect();
    for segment in segments(element) {
        let own: Vec<&str> = segment.children("MaterialActual").filter(|it| is_produced(it)).flat_map(lots).collect();
        let mut products = if own.is_empty() { all.clone() } else { own };
        products.sort_unstable();
        products.dedup();
        for consumed in segment.children("MaterialActual").filter(|it| is_consumed(it)) {
            let used: Vec<&str> = lots(consumed).collect();
            let amount = Amount::of(consumed).filter(|_| used.len() == 1 && products.len() == 1);
            for parent in &used {
                for child in products.iter().filter(|child| child != &parent) {
                    let mut said = Said::default();
                    said.add("parent", key(Some(parent)));
                    said.add("child", key(Some(child)));
                    said.add("order", key(order));
                    said.add("quantity", amount.as_ref().map(Amount::assertion));
                    said.add("unit", amount.as_ref().and_then(|amount| amount.unit.clone()).map(Assertion::plain));
                    let body = match context.deleted {
                        true => Body::Deleted,
                        false => Body::Says(Statement::new(SubjectType::LotLink, said.all())),
                    };
                    let external_id = format!("{id}/{parent}/{child}");
                    records.push((consumed.line, context.named("MaterialActual", external_id, body, raw(consumed))));
                }
            }
        }
    }
}

/// Good and scrap, of what was produced.
fn produced(element: &Element) -> (Vec<Amount>, Vec<Amount>) {
    let (mut good, mut scrap) = (Vec::new(), Vec::new());
    for actual in actuals(element).filter(|it| is_produced(it) || is_scrap(it)) {
        match is_scrap(actual) {
            true => scrap.extend(Amount::of(actual)),
            false => good.extend(Amount::of(actual)),
        }
    }
    (good, scrap)
}

fn segments(element: &Element) -> impl Iterator<Item = &Element> {
    element.children("SegmentResponse").chain(std::iter::once(element))
}

fn actuals(element: &Element) -> impl Iterator<Item = &Element> {
    segments(element).flat_map(|segment| segment.children("MaterialActual"))
}

fn lots(actual: &Element) -> impl Iterator<Item = &str> {
    let lots = actual.children("MaterialLotID").chain(actual.children("MaterialSubLotID"));
    lots.map(|lot| lot.text.as_str()).filter(|lot| !lot.is_empty())
}

/// Whether something comes out of the step.
pub(super) fn is_produced(actual: &Element) -> bool {
    let uses = ["Produced", "Material Produced", "Yield Produced", "Co-product Produced"];
    actual.text_of("MaterialUse").is_some_and(|it| uses.contains(&it)) && !is_scrap(actual)
}

fn is_consumed(actual: &Element) -> bool {
    actual.text_of("MaterialUse").is_some_and(|it| matches!(it, "Consumed" | "Material Consumed"))
}

/// The standard has no word for scrap: senders write it as another use, as a property, or as the id.
fn is_scrap(actual: &Element) -> bool {
    let is_scrap = |text: &str| text.eq_ignore_ascii_case("scrap");
    let material_use = actual.child("MaterialUse");
    let other = material_use.and_then(|it| it.attribute("OtherValue")).is_some_and(is_scrap);
    let property = actual.children("MaterialActualProperty").any(|it| {
        it.text_of("ID").is_some_and(is_scrap)
            || it.child("Value").and_then(|it| it.text_of("ValueString")).is_some_and(is_scrap)
    });
    let id = actual.text_of("ID").is_some_and(is_scrap);
    other
        || property
        || id
        || material_use.is_some_and(|it| is_scrap(&it.text))
        || actual.text_of("Description").is_some_and(is_scrap)
}

fn first<'a>(element: &'a Element, names: &[&str]) -> Option<&'a Element> {
    let own = names.iter().find_map(|name| element.child(name));
    own.or_else(|| element.children("SegmentResponse").find_map(|it| names.iter().find_map(|name| it.child(name))))
}

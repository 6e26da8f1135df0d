//! Materials and lots.

use model::SubjectType;
use workflow::sync::{Assertion, Record, Statement, vocabulary::Words};

use super::{
    message::Context,
    words::{Amount, Said, key, text, word},
};
use crate::file::xml::Element;

/// Several kinds of objects in one.
pub(super) fn information(context: &Context<'_>, element: &Element, records: &mut Vec<(u64, Record)>) {
    records.extend(element.children("MaterialDefinition").map(|it| definition(context, it)));
    element.children("MaterialLot").for_each(|it| lot(context, it, records));
    records.extend(element.children("MaterialSubLot").map(|it| sublot(context, it, None)));
}

/// A material.
pub(super) fn definition(context: &Context<'_>, element: &Element) -> (u64, Record) {
    context.record("MaterialDefinition", element, |id| {
        let mut said = Said::default();
        said.add("code", Some(Assertion::plain(id)));
        said.add("name", text(element.child("Description")));
        said.add("class", text(element.child("MaterialClassID")));
        Ok(Statement::new(SubjectType::Material, said.all()))
    })
}

/// A lot, and the lots inside it.
pub(super) fn lot(context: &Context<'_>, element: &Element, records: &mut Vec<(u64, Record)>) {
    records.push(context.record("MaterialLot", element, |id| {
        let mut said = common(id, element);
        said.add("material", key(element.text_of("MaterialDefinitionID")));
        Ok(Statement::new(SubjectType::MaterialLot, said.all()))
    }));
    records.extend(element.children("MaterialSubLot").map(|it| sublot(context, it, Some(element))));
}

/// A part of a lot; it is of the lot's material.
pub(super) fn sublot(context: &Context<'_>, element: &Element, lot: Option<&Element>) -> (u64, Record) {
    context.record("MaterialSubLot", element, |id| {
        let mut said = common(id, element);
        let parent = lot.and_then(|lot| lot.text_of("ID")).or_else(|| element.text_of("MaterialLotID"));
        let material = element.text_of("MaterialDefinitionID").or_else(|| lot?.text_of("MaterialDefinitionID"));
        said.add("parent", key(parent));
        said.add("material", key(material));
        Ok(Statement::new(SubjectType::MaterialLot, said.all()))
    })
}

fn common(id: &str, element: &Element) -> Said {
    let mut said = Said::default();
    let amount = Amount::of(element);
    said.add("number", Some(Assertion::plain(id)));
    said.add("disposition", word(Words::Disposition, element.child("Disposition")));
    said.add("status", text(element.child("Status")));
    said.add("quantity", amount.as_ref().map(Amount::assertion));
    said.add("unit", amount.and_then(|amount| amount.unit).map(Assertion::plain));
    said.add("location", element.child("StorageLocation").map(location));
    said
}

/// Version 7 says what kind of place it is, older ones only which.
fn location(element: &Element) -> Assertion {
    let inner = element.child("Location").or_else(|| element.child("ResourceLocation")).unwrap_or(element);
    Assertion::optional(Some(inner.text.as_str()).filter(|text| !text.is_empty()))
}

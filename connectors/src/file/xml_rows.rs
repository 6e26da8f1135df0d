//! Elements as rows.

use serde_json::{Map, Value};

use super::{
    items::{Content, Item},
    xml::Element,
};

/// The elements at a path as rows.
pub(super) fn items(path: &str, root: &Element) -> Result<Vec<Item>, (u64, String)> {
    let mut names = path.split('/').filter(|name| !name.is_empty());
    let first = names.next().unwrap_or_default();
    if root.name != first {
        return Err((root.line, format!("it begins with <{}>, expected is <{first}>", root.name)));
    }
    let mut found = vec![root];
    for name in names {
        found = found
            .into_iter()
            .flat_map(|element| element.children.iter().filter(move |child| child.name == name))
            .collect();
    }
    Ok(found.into_iter().map(|element| Item { line: element.line, content: Content::Row(object(element)) }).collect())
}

/// An element as an object, even when it holds only text.
fn object(element: &Element) -> Value {
    let mut object = Map::new();
    for (name, value) in &element.attributes {
        object.insert(format!("@{name}"), Value::String(value.clone()));
    }
    if !element.text.is_empty() {
        object.insert("#text".to_owned(), Value::String(element.text.clone()));
    }
    for child in &element.children {
        let value = value(child);
        match object.get_mut(&child.name) {
            None => {
                object.insert(child.name.clone(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(other) => *other = Value::Array(vec![other.take(), value]),
        }
    }
    Value::Object(object)
}

fn value(element: &Element) -> Value {
    if !element.attributes.is_empty() || !element.children.is_empty() {
        return object(element);
    }
    match element.text.is_empty() {
        true => Value::Null,
        false => Value::String(element.text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::xml::parse;
    use serde_json::json;

    #[test]
    fn elements_become_objects() {
        let text = "<x:Export xmlns:x='u'><Lots><Lot id='7'><No>L-7</No><Place/><Tag>a</Tag><Tag>b</Tag><Qty unit='KG'>5.0</Qty></Lot>\n<Lot>free</Lot></Lots></x:Export>";
        let items = items("Export/Lots/Lot", &parse(text).unwrap()).unwrap();
        let lot = json!({ "@id": "7", "No": "L-7", "Place": null, "Tag": ["a", "b"], "Qty": { "@unit": "KG", "#text": "5.0" } });
        assert_eq!(items[0], Item { line: 1, content: Content::Row(lot) });
        assert_eq!(items[1], Item { line: 2, content: Content::Row(json!({ "#text": "free" })) });
        assert!(super::items("Import/Lot", &parse(text).unwrap()).is_err());
        assert_eq!(super::items("Export/Nothing", &parse(text).unwrap()).unwrap(), []);
    }
}

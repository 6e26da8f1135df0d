//! JSON as rows. What is wrong with one row does not touch its neighbours; see [`crate::json`].

use serde_json::{Value, json};

use super::{
    items::{Content, Item},
    text::is_forbidden,
};
use crate::json::{Row, rows, whole};

/// The rows of one document, at the end of the keys in `path`. A document has no lines worth naming: rows are counted.
pub(super) fn items(path: &str, text: &str) -> Result<Vec<Item>, (u64, String)> {
    let path: Vec<String> = path.split('.').filter(|key| !key.is_empty()).map(str::to_owned).collect();
    let found = rows(text.as_bytes(), &path).map_err(|problem| (1, problem))?;
    let read = |(i, row)| match row {
        Row::Read(row) => object(i as u64 + 1, row),
        Row::Unreadable { problem, .. } => Item::wrong(i as u64 + 1, None, problem),
    };
    Ok(found.rows.into_iter().enumerate().map(read).collect())
}

/// The rows of a text with one document a line.
pub(super) fn lines(text: &str) -> Vec<Item> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(i, line): (usize, &str)| match whole(line.as_bytes()) {
        Ok(row) => object(i as u64 + 1, row),
        Err(problem) => Item::wrong(i as u64 + 1, None, problem),
    };
    lines.map(read).collect()
}

fn object(line: u64, row: Value) -> Item {
    match &row {
        Value::Object(_) if !holds_control(&row) => Item { line, content: Content::Row(row) },
        Value::Object(_) => Item::wrong(line, None, "no control characters in texts"),
        _ => Item::wrong(
            line,
            None,
            format!("an object: it is {}", json!(row).to_string().chars().take(40).collect::<String>()),
        ),
    }
}

fn holds_control(value: &Value) -> bool {
    match value {
        Value::String(text) => text.chars().any(is_forbidden),
        Value::Array(list) => list.iter().any(holds_control),
        Value::Object(map) => map.iter().any(|(key, value)| key.chars().any(is_forbidden) || holds_control(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_at_their_path() {
        let found = items("data.lots", r#"{"data":{"lots":[{"id":1},2,{"id":1,"id":2},{"id":3}]}}"#).unwrap();
        assert_eq!(found[0].content, Content::Row(json!({ "id": 1 })));
        assert!(matches!(found[1].content, Content::Wrong { .. }) && matches!(found[2].content, Content::Wrong { .. }));
        assert_eq!(found[3].content, Content::Row(json!({ "id": 3 })));
        assert!(items("data.orders", r#"{"data":{}}"#).is_err() && items("", "{}").is_err());
        assert!(items("", "[{\"id\":1}").is_err(), "a document that was cut off is refused whole");
    }

    #[test]
    fn hostile_lines_are_refused_and_their_neighbours_kept() {
        let deep = format!("{}{}", "{\"a\":".repeat(200), "}".repeat(200));
        let bad = [
            "{\"id\":1,\"id\":2}",
            "{\"id\":1",
            &deep,
            "{\"a\":\"\\u0000\"}",
            "nonsense",
            "7",
            "{\"a\":NaN}",
            "{\"a\":{\"b\":1,\"b\":1}}",
            "{} {}",
            "\"x\"",
        ];
        let text: Vec<String> = bad.iter().flat_map(|line| [(*line).to_owned(), "{\"id\":1}".to_owned()]).collect();
        let found = lines(&text.join("\n"));
        assert_eq!(found.len(), bad.len() * 2);
        for (i, item) in found.iter().enumerate() {
            assert_eq!(matches!(item.content, Content::Row(_)), i % 2 == 1, "{item:?}");
        }
    }
}

//! What stands in an answer: rows, where the next page is, what is gone, and errors, in the forms of both protocols.

use serde_json::Value;

use super::literal::Protocol;
use crate::json::{self, Row};

/// The rows of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The records.
    pub rows: Vec<Row>,
    /// The reference of the next page, as the server wrote it.
    pub next: Option<String>,
    /// The reference that later tells what changed since (V4).
    pub delta: Option<String>,
}

/// Takes the rows out of an answer. One that can not be read does not take the others with it.
///
/// # Errors
/// What is wrong with the answer around the rows.
pub fn rows(protocol: Protocol, bytes: &[u8]) -> Result<Rows, String> {
    let path = |parts: &[&str]| parts.iter().map(|&part| part.to_owned()).collect::<Vec<_>>();
    match protocol {
        Protocol::V2 => {
            let found = json::rows(bytes, &path(&["d", "results"]))
                // Version 1 of the protocol has the list right there.
                .or_else(|problem| json::rows(bytes, &path(&["d"])).map_err(|_| problem))?;
            let (next, delta) = (text(&found.rest["d"], "__next"), text(&found.rest["d"], "__delta"));
            Ok(Rows { rows: found.rows, next, delta })
        }
        Protocol::V4 => {
            let found = json::rows(bytes, &path(&["value"]))?;
            let link = |name: &str| {
                text(&found.rest, &format!("@odata.{name}")).or_else(|| text(&found.rest, &format!("@{name}")))
            };
            Ok(Rows { next: link("nextLink"), delta: link("deltaLink"), rows: found.rows })
        }
    }
}

/// Whether a row of V4 says that its record is gone, and its id.
pub fn removed(row: &Value) -> Option<&Value> {
    let old =
        row.get("@odata.context").and_then(Value::as_str).is_some_and(|context| context.ends_with("$deletedEntity"));
    let new = row.get("@removed").or_else(|| row.get("@odata.removed")).is_some();
    if !old && !new {
        return None;
    }
    ["id", "@odata.id", "@id"].into_iter().find_map(|key| row.get(key))
}

/// The text of an error, in the envelope of either protocol; `None`: it is none.
pub fn error_text(body: &Value) -> Option<String> {
    let error = body.get("error").or_else(|| body.get("odata.error"))?;
    let message = match error.get("message") {
        Some(Value::String(text)) => text.as_str(),
        Some(message) => message.get("value").and_then(Value::as_str).unwrap_or_default(),
        None => "",
    };
    let code = error.get("code").and_then(Value::as_str).unwrap_or_default();
    Some([code, message].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": "))
}

fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(protocol: Protocol, body: Value) -> Result<Rows, String> {
        rows(protocol, body.to_string().as_bytes())
    }

    #[test]
    fn rows_and_links_of_both_protocols() {
        let v2 = json!({ "d": { "results": [{ "A": 1 }], "__next": "http://x/y?$skiptoken=2" } });
        let found = read(Protocol::V2, v2).unwrap();
        assert_eq!((found.rows.len(), found.next.as_deref()), (1, Some("http://x/y?$skiptoken=2")));
        assert_eq!(read(Protocol::V2, json!({ "d": [{ "A": 1 }] })).unwrap().rows, [Row::Read(json!({ "A": 1 }))]);
        let v4 = json!({ "@odata.context": "x", "value": [{ "A": 1 }, { "A": 2 }], "@odata.deltaLink": "x?d=1" });
        let found = read(Protocol::V4, v4).unwrap();
        assert_eq!((found.rows.len(), found.next, found.delta.as_deref()), (2, None, Some("x?d=1")));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for body in [json!({}), json!({ "d": {} }), json!({ "d": { "results": "x" } }), json!([]), json!(null)] {
            assert!(read(Protocol::V2, body.clone()).is_err(), "{body}");
        }
        for body in [json!({}), json!({ "value": 1 }), json!("x")] {
            assert!(read(Protocol::V4, body.clone()).is_err(), "{body}");
        }
    }

    #[test]
    fn a_row_that_can_not_be_read_leaves_its_neighbours() {
        let found = rows(Protocol::V4, br#"{"value":[{"A":1},{"A":2,"A":3},{"A":1e999}]}"#).unwrap();
        assert!(matches!(found.rows[0], Row::Read(_)) && matches!(found.rows[1], Row::Unreadable { .. }));
    }

    #[test]
    fn errors_have_a_text_in_both_envelopes() {
        let v2 =
            json!({ "error": { "code": "CO/469", "message": { "lang": "en", "value": "Order is released already" } } });
        assert_eq!(error_text(&v2).as_deref(), Some("CO/469: Order is released already"));
        let v4 = json!({ "error": { "code": "", "message": "No resources were found" } });
        assert_eq!(error_text(&v4).as_deref(), Some("No resources were found"));
        assert_eq!(error_text(&json!({ "d": {} })), None);
    }

    #[test]
    fn removed_rows_name_their_record() {
        let dataverse =
            json!({ "@odata.context": "https://x/$metadata#accounts/$deletedEntity", "id": "7", "reason": "deleted" });
        assert_eq!(removed(&dataverse), Some(&json!("7")));
        assert_eq!(
            removed(&json!({ "@removed": { "reason": "changed" }, "@id": "Orders(7)" })),
            Some(&json!("Orders(7)"))
        );
        assert_eq!(removed(&json!({ "id": "7" })), None);
    }
}

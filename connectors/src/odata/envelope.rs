//! What stands in an answer: rows, where the next page is, what is gone, and errors, in the forms of both protocols.

use serde_json::{Map, Value};

use super::literal::Protocol;

/// The rows of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The records.
    pub rows: Vec<Value>,
    /// The reference of the next page, as the server wrote it.
    pub next: Option<String>,
    /// The reference that later tells what changed since (V4).
    pub delta: Option<String>,
}

/// Takes the rows out of an answer.
///
/// # Errors
/// What is wrong with it.
pub fn rows(protocol: Protocol, body: Value) -> Result<Rows, String> {
    match protocol {
        Protocol::V2 => rows_v2(body),
        Protocol::V4 => rows_v4(body),
    }
}

/// Takes the one record out of an answer.
///
/// # Errors
/// When there is none.
pub fn record(protocol: Protocol, mut body: Value) -> Result<Value, String> {
    match protocol {
        Protocol::V2 => match body.get_mut("d").map(Value::take) {
            Some(record @ Value::Object(_)) if record.get("results").is_none() => Ok(record),
            _ => Err("the answer has no record under `d`".to_owned()),
        },
        Protocol::V4 if body.is_object() && body.get("value").is_none_or(|value| !value.is_array()) => Ok(body),
        Protocol::V4 => Err("the answer is no record".to_owned()),
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

fn rows_v2(mut body: Value) -> Result<Rows, String> {
    let found = match body.get_mut("d").map(Value::take) {
        Some(Value::Array(rows)) => Rows { rows, ..Rows::default() },
        Some(Value::Object(mut d)) => match d.remove("results") {
            Some(Value::Array(rows)) => Rows { rows, next: text(&d, "__next"), delta: text(&d, "__delta") },
            _ => return Err("there is no list under `d.results`".to_owned()),
        },
        _ => return Err("there is nothing under `d`".to_owned()),
    };
    objects(found)
}

fn rows_v4(body: Value) -> Result<Rows, String> {
    let Value::Object(mut body) = body else { return Err("the answer is no object".to_owned()) };
    let Some(Value::Array(rows)) = body.remove("value") else {
        return Err("there is no list under `value`".to_owned());
    };
    let link = |name: &str| text(&body, &format!("@odata.{name}")).or_else(|| text(&body, &format!("@{name}")));
    objects(Rows { rows, next: link("nextLink"), delta: link("deltaLink") })
}

fn objects(rows: Rows) -> Result<Rows, String> {
    match rows.rows.iter().all(Value::is_object) {
        true => Ok(rows),
        false => Err("a row is no object".to_owned()),
    }
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_and_links_of_both_protocols() {
        let v2 = json!({ "d": { "results": [{ "A": 1 }], "__next": "http://x/y?$skiptoken=2" } });
        let found = rows(Protocol::V2, v2).unwrap();
        assert_eq!((found.rows.len(), found.next.as_deref()), (1, Some("http://x/y?$skiptoken=2")));
        assert_eq!(rows(Protocol::V2, json!({ "d": [{ "A": 1 }] })).unwrap().rows.len(), 1);
        let v4 = json!({ "@odata.context": "x", "value": [{ "A": 1 }, { "A": 2 }], "@odata.deltaLink": "x?d=1" });
        let found = rows(Protocol::V4, v4).unwrap();
        assert_eq!((found.rows.len(), found.next, found.delta.as_deref()), (2, None, Some("x?d=1")));
        assert_eq!(record(Protocol::V2, json!({ "d": { "A": 1 } })), Ok(json!({ "A": 1 })));
        assert!(record(Protocol::V2, json!({ "d": { "results": [] } })).is_err());
    }

    #[test]
    fn what_is_no_list_of_records_is_refused() {
        for body in [
            json!({}),
            json!({ "d": {} }),
            json!({ "d": { "results": "x" } }),
            json!({ "d": { "results": [1] } }),
            json!([]),
            json!(null),
        ] {
            assert!(rows(Protocol::V2, body.clone()).is_err(), "{body}");
        }
        for body in [json!({}), json!({ "value": 1 }), json!({ "value": [1] }), json!("x")] {
            assert!(rows(Protocol::V4, body.clone()).is_err(), "{body}");
        }
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

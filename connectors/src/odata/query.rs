//! The request for a page: what changed since, after which key.

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::{Value, json};

use super::{
    cursor::Pass,
    manifest::{ChangedField, ChangedForm, KeyField, Paging, Read},
    request::Request,
};
use crate::{json::Row, manifest::Scope};

/// What every request of a stream has.
///
/// # Errors
/// What can not be filled in.
pub(super) fn base(read: &Read, scope: &Scope) -> Result<Request, String> {
    let service = read.service.render(scope)?;
    let service = service.as_str().ok_or("the service is no text")?.to_owned();
    let filter = read.filter.as_ref().map(|filter| filter.render(scope)).transpose()?;
    Ok(Request {
        service,
        entity: Some(read.entity.clone()),
        filter,
        select: read.select.clone(),
        expand: read.expand.clone(),
        ..Request::default()
    })
}

/// The request for the next page of a pass.
///
/// # Errors
/// When a key or a time can not be written.
pub(super) fn page(read: &Read, base: &Request, pass: &Pass) -> Result<Request, String> {
    let mut conditions: Vec<Value> = base.filter.iter().cloned().collect();
    if let Some(since) = pass.since {
        conditions.extend(changed_since(&read.changed, since)?);
    }
    let mut request = base.clone();
    if read.paging == Paging::Keyset && !read.delta {
        conditions.extend(after(&read.keys, &pass.after));
        request.orderby = read.keys.iter().map(|key| key.field().to_owned()).collect();
        request.top = Some(read.page as u64);
    }
    request.filter = (!conditions.is_empty()).then(|| Value::Array(vec![json!({ "and": conditions })]));
    Ok(request)
}

/// The key of a row; empty when a field of it is missing.
pub(super) fn key_of(read: &Read, row: Option<&Row>) -> Vec<Value> {
    let row = match row {
        Some(Row::Read(row)) => Some(row),
        Some(Row::Unreadable { fields, .. }) => Some(fields),
        None => None,
    };
    let fields = read.keys.iter().map(|key| row?.get(key.field()).filter(|value| !value.is_null()).cloned());
    fields.collect::<Option<_>>().unwrap_or_default()
}

/// `(A > a) or (A = a and B > b) or …`: what comes after a key of several fields.
fn after(keys: &[KeyField], last: &[Value]) -> Option<Value> {
    if last.is_empty() || last.len() != keys.len() {
        return None;
    }
    let parts = (0..keys.len()).map(|length| {
        let mut part: Vec<Value> =
            (0..length).map(|at| json!([keys[at].field(), "eq", typed(&keys[at], &last[at])])).collect();
        part.push(json!([keys[length].field(), "gt", typed(&keys[length], &last[length])]));
        json!({ "and": part })
    });
    Some(json!({ "or": parts.collect::<Vec<_>>() }))
}

fn typed(key: &KeyField, value: &Value) -> Value {
    match key {
        KeyField::Plain(_) => value.clone(),
        KeyField::Typed(typed) => {
            let mut object = serde_json::Map::new();
            object.insert(typed.kind.clone(), value.clone());
            Value::Object(object)
        }
    }
}

/// Rows stamped at `since` or later. The second field counts where the first is null, and so on.
fn changed_since(fields: &[ChangedField], since: DateTime<Utc>) -> Result<Option<Value>, String> {
    let mut ways = Vec::new();
    let mut empty: Vec<Value> = Vec::new();
    for changed in fields {
        let mut way = empty.clone();
        way.push(json!([changed.field, "ge", stamp(changed.form, since)]));
        ways.push(json!({ "and": way }));
        empty.push(json!([changed.field, "eq", null]));
    }
    Ok((!ways.is_empty()).then(|| json!({ "or": ways })))
}

fn stamp(form: ChangedForm, at: DateTime<Utc>) -> Value {
    match form {
        // Whole seconds downwards: the server may keep fewer digits than it compares.
        ChangedForm::DateTimeOffset => json!({ "datetimeoffset": at.format("%Y-%m-%dT%H:%M:%SZ").to_string() }),
        ChangedForm::DateTime => json!({ "datetime": at.format("%Y-%m-%dT%H:%M:%S").to_string() }),
        // A day before: the system's day may have begun before ours.
        ChangedForm::Date => {
            let day = at.date_naive().pred_opt().unwrap_or(at.date_naive()).and_time(NaiveTime::MIN);
            json!({ "datetime": day.format("%Y-%m-%dT%H:%M:%S").to_string() })
        }
        ChangedForm::Stamp => json!(at.format("%Y%m%d%H%M%S").to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::{cursor::Cursor, literal::Protocol},
        *,
    };

    fn read(text: &str) -> Read {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn a_page_asks_for_what_changed_after_a_key_of_several_fields() {
        let read = read(
            "{service: /s, entity: Batch, keys: [Material, Batch], page: 100, filter: [Plant, eq, '1010'],
              changed: [{field: Changed, type: datetimeoffset}, {field: Made, type: stamp}]}",
        );
        let base = base(&read, &Scope::new()).unwrap();
        let mut pass = Cursor::default().begin(Duration::ZERO);
        let url = |pass: &Pass| page(&read, &base, pass).unwrap().reference(Protocol::V2).unwrap();
        assert_eq!(url(&pass), "/s/Batch?$filter=Plant%20eq%20'1010'&$orderby=Material,Batch&$top=100");
        pass.since = Some("2026-11-22T10:00:00.7Z".parse().unwrap());
        pass.after = vec![json!("A"), json!("L'1")];
        let expected = "(Plant eq '1010' and (Changed ge datetimeoffset'2026-11-22T10:00:00Z' \
            or (Changed eq null and Made ge '20261122100000')) and (Material gt 'A' or (Material eq 'A' and Batch gt 'L''1')))";
        assert_eq!(
            url(&pass),
            format!("/s/Batch?$filter={}&$orderby=Material,Batch&$top=100", expected.replace(' ', "%20"))
        );
    }

    #[test]
    fn typed_keys_are_written_as_their_type() {
        let read = read("{service: /s, entity: Orders, keys: [{field: id, type: guid}], page: 10}");
        let base = base(&read, &Scope::new()).unwrap();
        let mut pass = Cursor::default().begin(Duration::ZERO);
        pass.after = vec![json!("5f0c1d6e-8a4e-4c55-9f3c-2a4b7f1f0001")];
        let url = page(&read, &base, &pass).unwrap().reference(Protocol::V4).unwrap();
        assert!(url.contains("id%20gt%205f0c1d6e-8a4e-4c55-9f3c-2a4b7f1f0001"), "{url}");
    }
}

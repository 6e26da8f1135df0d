//! A request as a manifest writes it, and its URL. Keys, parameters and conditions are data; the URL is made here.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::literal::{Protocol, is_name, literal};

/// Fields, orders or expansions of one request.
const NAMES_MAX: usize = 200;
/// How deep conditions may be nested.
const DEPTH_MAX: usize = 8;

/// A request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// `GET` unless it says otherwise; `PATCH` also stands for what old servers call `MERGE`.
    pub method: Option<String>,
    /// The path of the service.
    pub service: String,
    /// The entity set.
    pub entity: Option<String>,
    /// The key: one value, or an object of values by name.
    pub key: Option<Value>,
    /// What to follow from there: a navigation, or a bound action of V4.
    pub to: Option<String>,
    /// A function import of V2, or an unbound operation of V4.
    pub function: Option<String>,
    /// Its parameters.
    pub parameters: Map<String, Value>,
    /// Conditions: `[Field, eq, value]`, a list of them (all have to hold), `{or: […]}`, `{not: …}`.
    pub filter: Option<Value>,
    /// Fields; none: all.
    pub select: Vec<String>,
    /// What to expand.
    pub expand: Vec<String>,
    /// Fields, each perhaps with ` desc`.
    pub orderby: Vec<String>,
    /// Most rows.
    pub top: Option<u64>,
    /// Other parameters of the query, such as `cross-company`.
    pub query: Map<String, Value>,
    /// Headers.
    pub headers: Map<String, Value>,
    /// The etag that the record must still have.
    pub if_match: Option<String>,
    /// What is sent.
    pub body: Option<Value>,
}

impl Request {
    /// Reads a request that a template made.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(value: &Value) -> Result<Self, String> {
        serde_json::from_value(value.clone()).map_err(|error| error.to_string())
    }

    /// The method.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn method(&self) -> Result<Method, String> {
        match self.method.as_deref().unwrap_or("GET") {
            "GET" => Ok(Method::GET),
            "POST" => Ok(Method::POST),
            "PUT" => Ok(Method::PUT),
            "PATCH" => Ok(Method::PATCH),
            "DELETE" => Ok(Method::DELETE),
            other => Err(format!("there is no method {other:?} here")),
        }
    }

    /// The reference of the request, relative to the origin of the system and percent-encoded.
    ///
    /// # Errors
    /// What in it is no name or no value.
    pub fn reference(&self, protocol: Protocol) -> Result<String, String> {
        let mut path = service(&self.service)?;
        let target = match (&self.entity, &self.function) {
            (Some(entity), None) => format!("{}{}", name(entity)?, self.key(protocol)?),
            (None, Some(function)) => name(function)?.to_owned(),
            (None, None) => String::new(),
            (Some(_), Some(_)) => return Err("write `entity` or `function`, not both".to_owned()),
        };
        path.push_str(&encoded(&target));
        if let Some(to) = &self.to {
            for part in to.split('/') {
                path.push('/');
                path.push_str(name(part)?);
            }
        }
        let query: Vec<String> = self
            .query(protocol)?
            .into_iter()
            .map(|(key, value)| format!("{}={}", encoded(&key), encoded(&value)))
            .collect();
        Ok(if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) })
    }

    fn key(&self, protocol: Protocol) -> Result<String, String> {
        match &self.key {
            None => Ok(String::new()),
            // An object with one key may be a typed value or one named key: the names of the types are no names of fields.
            Some(Value::Object(parts)) if literal(protocol, &Value::Object(parts.clone())).is_err() => {
                let parts =
                    parts.iter().map(|(field, value)| Ok(format!("{}={}", name(field)?, literal(protocol, value)?)));
                Ok(format!("({})", parts.collect::<Result<Vec<_>, String>>()?.join(",")))
            }
            Some(value) => Ok(format!("({})", literal(protocol, value)?)),
        }
    }

    fn query(&self, protocol: Protocol) -> Result<Vec<(String, String)>, String> {
        let mut query = Vec::new();
        for (parameter, value) in &self.parameters {
            query.push((name(parameter)?.to_owned(), literal(protocol, value)?));
        }
        if let Some(conditions) = &self.filter
            && let Some(filter) = filter(protocol, conditions)?
        {
            query.push(("$filter".to_owned(), filter));
        }
        for (option, names) in [("$select", &self.select), ("$expand", &self.expand), ("$orderby", &self.orderby)] {
            if !names.is_empty() {
                query.push((option.to_owned(), list(names)?));
            }
        }
        query.extend(self.top.map(|top| ("$top".to_owned(), top.to_string())));
        for (key, value) in &self.query {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            query.push((key.clone(), text));
        }
        Ok(query)
    }
}

/// The path of a service, with a slash at its end: SAP forgets the session's token without it.
fn service(path: &str) -> Result<String, String> {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.' | ';' | '=' | '(' | ')' | '\'' | '~');
    if !path.chars().all(plain) || path.split('/').any(|part| part == "..") || path.contains("//") {
        return Err(format!("{path:?} is no path of a service"));
    }
    Ok(format!("{}/", path.trim_end_matches('/')))
}

/// Conditions as a text; `None`: there are none.
///
/// # Errors
/// What is wrong with them.
pub fn filter(protocol: Protocol, conditions: &Value) -> Result<Option<String>, String> {
    conditions_of(protocol, conditions, 0)
}

fn conditions_of(protocol: Protocol, conditions: &Value, depth: usize) -> Result<Option<String>, String> {
    if depth > DEPTH_MAX {
        return Err(format!("conditions are nested more than {DEPTH_MAX} deep"));
    }
    let inner = |value: &Value| conditions_of(protocol, value, depth + 1);
    let joined = |parts: &[Value], word: &str| -> Result<Option<String>, String> {
        let parts: Vec<String> = parts.iter().filter_map(|part| inner(part).transpose()).collect::<Result<_, _>>()?;
        Ok(match parts.len() {
            0 => None,
            1 => parts.into_iter().next(),
            _ => Some(format!("({})", parts.join(word))),
        })
    };
    match conditions {
        Value::Null => Ok(None),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(field), Value::String(operator), value] => {
                condition(protocol, field, operator, value).map(Some)
            }
            parts => joined(parts, " and "),
        },
        Value::Object(object) => match object.iter().next() {
            Some((word, Value::Array(parts))) if word == "or" => joined(parts, " or "),
            Some((word, Value::Array(parts))) if word == "and" => joined(parts, " and "),
            Some((word, part)) if word == "not" => Ok(inner(part)?.map(|part| format!("not ({part})"))),
            _ => Err(format!("{conditions} is no condition")),
        },
        other => Err(format!("{other} is no condition: write [Field, eq, value]")),
    }
}

fn condition(protocol: Protocol, field: &str, operator: &str, value: &Value) -> Result<String, String> {
    let value = literal(protocol, value)?;
    let field = field.split('/').map(name).collect::<Result<Vec<_>, _>>()?.join("/");
    match operator {
        "eq" | "ne" | "gt" | "ge" | "lt" | "le" => Ok(format!("{field} {operator} {value}")),
        "startswith" | "endswith" => Ok(format!("{operator}({field},{value})")),
        "contains" if protocol == Protocol::V2 => Ok(format!("substringof({value},{field})")),
        "contains" => Ok(format!("contains({field},{value})")),
        other => Err(format!("there is no operator {other:?}")),
    }
}

fn list(names: &[String]) -> Result<String, String> {
    if names.len() > NAMES_MAX {
        return Err(format!("there are more than {NAMES_MAX} names"));
    }
    for entry in names {
        let (path, order) = entry.split_once(' ').unwrap_or((entry, "asc"));
        if !matches!(order, "asc" | "desc") {
            return Err(format!("{entry:?} is no field"));
        }
        path.split('/').try_for_each(|part| name(part).map(drop))?;
    }
    Ok(names.join(","))
}

fn name(text: &str) -> Result<&str, String> {
    if is_name(text) { Ok(text) } else { Err(format!("{text:?} is no name")) }
}

/// Percent-encodes what is not plainly allowed; a space becomes `%20`, because not every server takes `+` for one.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'$'
            | b'\''
            | b'('
            | b')'
            | b','
            | b'='
            | b':'
            | b'@' => {
                encoded.push(char::from(byte));
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn reference(protocol: Protocol, request: Value) -> Result<String, String> {
        Request::read(&request)?.reference(protocol)
    }

    #[test]
    fn keys_filters_and_functions_make_a_url() {
        let service = "/sap/opu/odata/sap/API_BATCH_SRV";
        assert_eq!(
            reference(Protocol::V2, json!({ "service": service, "entity": "Batch",
                "key": { "Material": "FG-SAUCE/340", "BatchIdentifyingPlant": "", "Batch": "L'1 & co" } })),
            Ok("/sap/opu/odata/sap/API_BATCH_SRV/Batch(Material='FG-SAUCE%2F340',BatchIdentifyingPlant='',Batch='L''1%20%26%20co')".to_owned())
        );
        assert_eq!(
            reference(
                Protocol::V2,
                json!({ "service": service, "entity": "Batch", "select": ["Material", "Batch"], "top": 5,
                "filter": [["Material", "eq", "A"], { "or": [["Changed", "ge", { "datetimeoffset": "2026-11-22T10:00:00Z" }],
                    [["Changed", "eq", null], ["Made", "ge", { "datetimeoffset": "2026-11-22T10:00:00Z" }]]] }],
                "orderby": ["Material", "Batch desc"] })
            ),
            Ok(format!(
                "{service}/Batch?$filter=(Material%20eq%20'A'%20and%20(Changed%20ge%20datetimeoffset'2026-11-22T10:00:00Z'\
                %20or%20(Changed%20eq%20null%20and%20Made%20ge%20datetimeoffset'2026-11-22T10:00:00Z')))\
                &$select=Material,Batch&$orderby=Material,Batch%20desc&$top=5"
            ))
        );
        assert_eq!(
            reference(
                Protocol::V2,
                json!({ "method": "POST", "service": "/s;v=0002/", "function": "ReleaseOrder",
                "parameters": { "ManufacturingOrder": "000000004705" } })
            ),
            Ok("/s;v=0002/ReleaseOrder?ManufacturingOrder='000000004705'".to_owned())
        );
        assert_eq!(
            reference(
                Protocol::V4,
                json!({ "service": "/data", "entity": "Orders", "key": { "dataAreaId": "usmf", "No": 7 },
                "to": "Microsoft.Dynamics.DataEntities.Release", "query": { "cross-company": true } })
            ),
            Ok("/data/Orders(dataAreaId='usmf',No=7)/Microsoft.Dynamics.DataEntities.Release?cross-company=true"
                .to_owned())
        );
        assert_eq!(
            reference(
                Protocol::V4,
                json!({ "service": "/data", "entity": "Orders", "key": { "guid": "5f0c1d6e-8a4e-4c55-9f3c-2a4b7f1f0001" } })
            ),
            Ok("/data/Orders(5f0c1d6e-8a4e-4c55-9f3c-2a4b7f1f0001)".to_owned())
        );
    }

    #[test]
    fn what_is_no_name_or_no_operator_is_refused() {
        for request in [
            json!({ "service": "/x/../y", "entity": "A" }),
            json!({ "service": "//evil.example/x", "entity": "A" }),
            json!({ "service": "/x?y", "entity": "A" }),
            json!({ "service": "/x", "entity": "A/B" }),
            json!({ "service": "/x", "entity": "A", "filter": [["A or 1", "eq", 1]] }),
            json!({ "service": "/x", "entity": "A", "filter": [["A", "eq 1 or", 1]] }),
            json!({ "service": "/x", "entity": "A", "filter": "A eq 1" }),
            json!({ "service": "/x", "entity": "A", "select": ["A,B"] }),
            json!({ "service": "/x", "entity": "A", "orderby": ["A sideways"] }),
            json!({ "service": "/x", "entity": "A", "function": "B" }),
            json!({ "service": "/x", "entity": "A", "unheard": 1 }),
        ] {
            assert!(reference(Protocol::V2, request.clone()).is_err(), "{request}");
        }
        assert!(Request::read(&json!({ "service": "/x", "method": "TRACE" })).unwrap().method().is_err());
    }

    proptest! {
        #[test]
        fn no_value_changes_the_shape_of_a_url(text in ".{0,30}") {
            let request = json!({ "service": "/s", "entity": "A", "key": { "K": text }, "filter": [["F", "eq", text]] });
            let reference = reference(Protocol::V2, request).unwrap();
            prop_assert_eq!(reference.matches('?').count(), 1);
            prop_assert_eq!(reference.matches('&').count(), 0);
            prop_assert!(!reference.contains(['#', '+', ' ', '"', '\\', '<']));
            let path = reference.split('?').next().unwrap();
            prop_assert_eq!(path.matches('/').count(), 2);
        }
    }
}

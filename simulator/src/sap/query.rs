//! Answering a read: conditions, order, pages.

use std::cmp::Ordering;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    edm::{Row, Set},
    filter::Filter,
    refusal::Refusal,
};
use crate::business::call::{Call, Reply};

/// The query of a read, checked against its set.
#[derive(Debug)]
pub(crate) struct Query<'a> {
    set: &'static Set,
    call: &'a Call,
    filter: Option<Filter>,
    order: Vec<(String, bool)>,
    select: Option<Vec<String>>,
    top: Option<usize>,
    skip: usize,
    count: bool,
}

/// What bounds an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging {
    pub(crate) page_size: usize,
    /// Tokens of another generation are forgotten.
    pub(crate) generation: u64,
}

impl<'a> Query<'a> {
    pub(crate) fn parse(set: &'static Set, call: &'a Call) -> Result<Self, Refusal> {
        let number = |name| match call.param(name).map(str::parse::<usize>) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(Refusal::query(&format!("invalid value of {name}"))),
        };
        for (name, _) in &call.query {
            let known = ["$filter", "$orderby", "$top", "$skip", "$select", "$inlinecount", "$skiptoken", "$format"];
            if name.starts_with('$') && !known.contains(&name.as_str()) {
                return Err(Refusal::query(&format!("the query option {name} is not supported")));
            }
        }
        Ok(Query {
            set,
            call,
            filter: call.param("$filter").map(|text| Filter::parse(text, set)).transpose()?,
            order: order(set, call.param("$orderby"))?,
            select: call.param("$select").map(|text| fields(set, text)).transpose()?,
            top: number("$top")?,
            skip: number("$skip")?.unwrap_or(0),
            count: call.param("$inlinecount") == Some("allpages"),
        })
    }

    /// The entities that are asked for, in their order.
    fn selected<'r>(&self, rows: Vec<&'r dyn Row>) -> Vec<&'r dyn Row> {
        let every = if self.call.half { 2 } else { 1 };
        let mut rows: Vec<_> = rows
            .into_iter()
            .filter(|row| self.filter.as_ref().is_none_or(|filter| filter.holds(*row)))
            .step_by(every)
            .collect();
        if !self.order.is_empty() {
            rows.sort_by(|left, right| self.compare(*left, *right));
        }
        rows
    }

    fn compare(&self, left: &dyn Row, right: &dyn Row) -> Ordering {
        for (field, descending) in &self.order {
            let (a, b) = (left.get(field), right.get(field));
            // Nothing comes first.
            let order = a.order(&b).unwrap_or_else(|| a.json().is_null().cmp(&b.json().is_null()).reverse());
            if order != Ordering::Equal {
                return if *descending { order.reverse() } else { order };
            }
        }
        Ordering::Equal
    }

    /// One page, and the way to the next.
    pub(crate) fn page(&self, rows: Vec<&dyn Row>, paging: Paging) -> Result<Reply, Refusal> {
        let rows = self.selected(rows);
        let done = match self.call.param("$skiptoken") {
            Some(token) => position(token, paging.generation)?,
            None => 0,
        };
        let wanted = self.top.unwrap_or(usize::MAX).saturating_sub(done);
        let count = rows.len();
        let rest: Vec<_> = rows.into_iter().skip(self.skip + done).take(wanted).collect();
        let page = rest.len().min(paging.page_size);
        let results: Vec<_> = rest[..page].iter().map(|row| self.entity(*row)).collect();
        let mut body = Map::new();
        if self.count {
            body.insert("__count".to_owned(), Value::from(count.to_string()));
        }
        body.insert("results".to_owned(), Value::from(results));
        if rest.len() > page {
            body.insert("__next".to_owned(), Value::from(self.next(paging.generation, done + page)));
        }
        Ok(Reply::json(StatusCode::OK, &json!({ "d": body })))
    }

    /// How many there are, as `$count` tells.
    pub(crate) fn count(&self, rows: Vec<&dyn Row>) -> Reply {
        Reply::typed(StatusCode::OK, "text/plain", self.selected(rows).len().to_string())
    }

    /// One entity alone.
    pub(crate) fn single(&self, row: &dyn Row) -> Reply {
        let reply = Reply::json(StatusCode::OK, &json!({ "d": self.entity(row) }));
        match row.etag() {
            Some(etag) => reply.with("etag", etag),
            None => reply,
        }
    }

    fn next(&self, generation: u64, done: usize) -> String {
        let kept = self.call.query.iter().filter(|(name, _)| name != "$skiptoken");
        let mut url = format!("{}{}?", self.call.origin, encoded(&self.call.path));
        for (name, value) in kept {
            url.push_str(&format!("{name}={}&", encoded(value)));
        }
        url + &format!("$skiptoken={generation}-{done}")
    }

    fn entity(&self, row: &dyn Row) -> Value {
        entity(self.set, &self.call.origin, row, self.select.as_deref())
    }
}

/// An entity as JSON.
pub(crate) fn entity(set: &Set, origin: &str, row: &dyn Row, select: Option<&[String]>) -> Value {
    let key: Vec<_> = match set.keys {
        [only] => vec![row.get(only).literal()],
        keys => keys.iter().map(|name| format!("{name}={}", row.get(name).literal())).collect(),
    };
    let uri = format!("{origin}/sap/opu/odata/sap/{}/{}({})", set.service, set.name, encoded(&key.join(",")));
    let mut metadata = json!({ "id": uri, "uri": uri, "type": format!("{}.{}", set.service, set.type_name) });
    if let Some(etag) = row.etag() {
        metadata["etag"] = Value::from(etag);
    }
    let mut body = Map::new();
    body.insert("__metadata".to_owned(), metadata);
    for field in set.fields {
        if select.is_none_or(|names| names.iter().any(|name| name == field)) {
            body.insert((*field).to_owned(), row.get(field).json());
        }
    }
    Value::Object(body)
}

fn fields(set: &'static Set, text: &str) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    match names.iter().find(|name| !set.fields.contains(&name.as_str()) && *name != "*") {
        Some(unknown) => Err(Refusal::no_field(unknown, set)),
        None if names.iter().any(|name| name == "*") => Ok(set.fields.iter().map(|name| (*name).to_owned()).collect()),
        None => Ok(names),
    }
}

fn order(set: &'static Set, text: Option<&str>) -> Result<Vec<(String, bool)>, Refusal> {
    let mut order = Vec::new();
    for part in text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, direction) = part.split_once(' ').unwrap_or((part, "asc"));
        if !set.fields.contains(&name) {
            return Err(Refusal::no_field(name, set));
        }
        order.push((name.to_owned(), direction.trim() == "desc"));
    }
    Ok(order)
}

fn position(token: &str, generation: u64) -> Result<usize, Refusal> {
    let known = token.split_once('-').filter(|(made, _)| made.parse() == Ok(generation));
    let position = known.and_then(|(_, done)| done.parse().ok());
    position.ok_or_else(|| Refusal::query("the skip token is not known (any more); start again"))
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/$()',;=:".contains(&byte);
        if plain { out.push(char::from(byte)) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

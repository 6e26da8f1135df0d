//! The plain HTTP interface, for systems without one of their own (and for the simulated ERP of the demo).
//!
//! `GET /api/{materials,lots,orders}?changed_since=…&after_id=…&limit=…` answers
//! `{ "items": […], "server_time": "…", "has_more": false }`, ordered by id; a bearer key authorises.

mod client;
mod wire;

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use model::{Disposition, RequestState, SubjectType};
use serde::de::DeserializeOwned;
use serde_json::Value;
use workflow::sync::{Assertion, Body, Page, Record, Statement};

pub(crate) use self::client::{Client, Posted};
pub(crate) use self::wire::Order as WireOrder;
use self::wire::{Head, Listing};
use super::{
    PAGE_ROWS_MAX, Source,
    crosswalk::Crosswalk,
    scan::{Cursor, Seen},
};
use crate::{Error, plant_file::ErpSection};

/// The mapping of what has no crosswalk. A new number has every row read again.
const PLAIN_MAPPING: &str = "http-plain/1";

/// A system behind the plain HTTP interface as a source of materials, lots and production orders.
pub struct HttpSource {
    client: Client,
    overlap: Duration,
    line_by_location: BTreeMap<String, String>,
    orders: Crosswalk<RequestState>,
    lots: Crosswalk<Disposition>,
}

impl HttpSource {
    const STREAMS: &'static [&'static str] = &["materials", "lots", "orders"];

    /// The system as the plant file names it. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] or [`Error::ErpUnreachable`] when a built-in file or the URL is unusable.
    pub fn new(section: &ErpSection) -> Result<Self, Error> {
        Ok(Self {
            client: Client::new(section)?,
            overlap: section.overlap,
            line_by_location: section.line_by_location.clone(),
            orders: Crosswalk::http_order()?,
            lots: Crosswalk::http_lot()?,
        })
    }

    fn mapping(&self, stream: &str) -> String {
        match stream {
            "lots" => self.lots.version().to_owned(),
            "orders" => format!("{} {:?}", self.orders.version(), self.line_by_location),
            _ => PLAIN_MAPPING.to_owned(),
        }
    }

    fn record(&self, stream: &str, row: Value) -> Record {
        match stream {
            "lots" => record("lots", row, |lot| self.lot(lot)),
            "orders" => record("orders", row, |order| self.order(order)),
            _ => record("materials", row, material),
        }
    }

    fn lot(&self, lot: wire::Lot) -> Body {
        let disposition = self.lots.map(&[&lot.stock_type]);
        Body::Says(Statement::new(
            SubjectType::MaterialLot,
            [
                ("number", Assertion::plain(lot.number)),
                ("material", Assertion::reference(Some(lot.material_id))),
                ("quantity", Assertion::plain(lot.quantity.normalize().to_string())),
                ("unit", Assertion::plain(lot.unit)),
                ("disposition", Assertion::crossed(vec![lot.stock_type.clone()], disposition)),
                ("status", Assertion::plain(lot.stock_type)),
                ("location", Assertion::optional(lot.location)),
            ],
        ))
    }

    fn order(&self, order: wire::Order) -> Body {
        // The interface speaks of lines; a plant that calls them otherwise names each in the plant file.
        let line = order.line.map(|line| self.line_by_location.get(&line).cloned().unwrap_or(line));
        let state = self.orders.map(&[&order.status]);
        let time = |time: Option<DateTime<Utc>>| Assertion::optional(time.map(|time| time.to_rfc3339()));
        Body::Says(Statement::new(
            SubjectType::ProductionOrder,
            [
                ("number", Assertion::plain(order.number)),
                ("material", Assertion::reference(order.material_id)),
                ("quantity", Assertion::plain(order.quantity.normalize().to_string())),
                ("unit", Assertion::plain(order.unit)),
                ("state", Assertion::crossed(vec![order.status], state)),
                ("line", Assertion::optional(line)),
                ("plannedStart", time(order.planned_start)),
                ("plannedEnd", time(order.planned_end)),
            ],
        ))
    }
}

impl Source for HttpSource {
    fn streams(&self) -> &'static [&'static str] {
        Self::STREAMS
    }

    async fn page(&mut self, stream: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let mapping = self.mapping(stream);
        let cursor = Cursor::restore(cursor, &mapping);
        let pass = match cursor.pass() {
            Some(pass) => pass,
            // No row has this id: the answer is the clock of the server and nothing else.
            None => cursor.begin(self.client.list(stream, None, i64::MAX, 1).await?.server_time, self.overlap),
        };
        let Listing { items, has_more, .. } = self.client.list(stream, pass.since, pass.after, PAGE_ROWS_MAX).await?;
        let seen: Vec<Seen> =
            items.iter().map(seen).collect::<Option<_>>().ok_or_else(|| self.client.idless(stream))?;
        let records = items.into_iter().map(|row| self.record(stream, row)).collect();
        // A page that says there is more and is empty would be asked for for ever.
        let more = has_more && !seen.is_empty();
        let cursor = cursor.advance(pass, &seen, more).to_text();
        Ok(Page {
            stream: stream.to_owned(),
            records,
            cursor: Some(cursor),
            mapping_version: mapping,
            complete: !more,
            sweep: None,
        })
    }
}

/// What the pass needs to know of a row. Without an id the order of the rows is lost; a bad time only makes the row old.
fn seen(row: &Value) -> Option<Seen> {
    Some(Seen { id: row.get("id")?.as_i64()?, changed: time(row, "updated_at").or_else(|| time(row, "created_at")) })
}

fn time(row: &Value, field: &str) -> Option<DateTime<Utc>> {
    row.get(field)?.as_str()?.parse().ok()
}

/// A row as a record. One that can not be read is handed on as such: it must not stop the others.
fn record<T: DeserializeOwned>(model: &str, row: Value, read: impl FnOnce(T) -> Body) -> Record {
    let head = serde_json::from_value::<Head>(row.clone());
    let body = match serde_json::from_value::<T>(row.clone()) {
        Ok(row) => read(row),
        Err(error) => Body::Unreadable { problem: error.to_string() },
    };
    Record {
        external_model: model.to_owned(),
        external_id: row.get("id").and_then(Value::as_i64).map(|id| id.to_string()).unwrap_or_default(),
        version: head.as_ref().ok().map(|head| head.version.to_string()),
        source_time: head.ok().map(|head| head.updated_at.unwrap_or(head.created_at)),
        body,
        raw: row,
    }
}

fn material(material: wire::Material) -> Body {
    Body::Says(Statement::new(
        SubjectType::Material,
        [
            ("code", Assertion::plain(material.code)),
            ("name", Assertion::plain(material.name)),
            ("unit", Assertion::plain(material.unit)),
        ],
    ))
}

#[cfg(test)]
mod tests;

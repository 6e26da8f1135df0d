//! A simulated warehouse: a REST API with a bearer token, cursors, webhooks, tombstones and words of its own.

mod follow;
mod hand;
mod list;
mod rows;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, VecDeque};

use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    business::{
        call::{Call, Reply},
        ledger::Ledger,
        options::WmsOptions,
        server::{Nothing, System},
    },
    erp::record::{OrderStatus, StockType},
};
use rows::{Lot, Material, Record, STOCK_IDS, Shipment, Stock, Task};

/// Tombstones that are kept.
const DELETIONS_MAX: usize = 200_000;

/// Something that was deleted.
#[derive(Clone, Debug)]
struct Deletion {
    seq: i64,
    collection: &'static str,
    id: i64,
    at: DateTime<Utc>,
}

/// What was done for a key.
#[derive(Clone, Debug)]
struct Operation {
    action: &'static str,
    target: i64,
    at: DateTime<Utc>,
}

/// Everything that the WMS shows.
#[derive(Clone)]
pub(crate) struct Wms {
    token: String,
    materials: BTreeMap<i64, Material>,
    lots: BTreeMap<i64, Lot>,
    /// Id of a lot, by its number.
    by_number: BTreeMap<String, i64>,
    tasks: BTreeMap<i64, Task>,
    shipments: BTreeMap<i64, Shipment>,
    deletions: VecDeque<Deletion>,
    last_deletion: i64,
    operations: BTreeMap<String, Operation>,
    ledger: Ledger,
    events: Vec<String>,
    /// What was last seen in the ERP's book: by id of the order, its number and status.
    seen_orders: BTreeMap<i64, (String, OrderStatus)>,
    /// By id of the lot: stock type and quantity.
    seen_lots: BTreeMap<i64, (StockType, Decimal)>,
}

impl Wms {
    pub(crate) fn new(options: &WmsOptions) -> Self {
        Wms {
            token: options.token.clone(),
            materials: BTreeMap::new(),
            lots: BTreeMap::new(),
            by_number: BTreeMap::new(),
            tasks: BTreeMap::new(),
            shipments: BTreeMap::new(),
            deletions: VecDeque::new(),
            last_deletion: 0,
            operations: BTreeMap::new(),
            ledger: Ledger::default(),
            events: Vec::new(),
            seen_orders: BTreeMap::new(),
            seen_lots: BTreeMap::new(),
        }
    }

    /// Will be announced, if anybody listens.
    fn announce(&mut self, event: &str, id: i64, now: DateTime<Utc>) {
        self.events.push(json!({ "event": event, "id": id, "at": rows::time(now) }).to_string());
    }

    fn announce_lot(&mut self, id: i64, now: DateTime<Utc>) {
        self.announce("lot.updated", id, now);
    }

    fn delete(&mut self, collection: &'static str, id: i64, now: DateTime<Utc>) {
        self.last_deletion += 1;
        self.deletions.push_back(Deletion { seq: self.last_deletion, collection, id, at: now });
        if self.deletions.len() > DELETIONS_MAX {
            self.deletions.pop_front();
        }
    }

    fn read(&self, path: &[&str], call: &Call, now: DateTime<Utc>) -> Reply {
        match path {
            ["deletions"] => self.list_deletions(call, now),
            ["operations", key] => match self.operations.get(*key) {
                Some(done) => {
                    let body =
                        json!({ "key": key, "action": done.action, "target": done.target, "at": rows::time(done.at) });
                    Reply::json(StatusCode::OK, &body)
                }
                None => error(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no operation with this key"),
            },
            ["materials"] => list::page(call, now, self.materials.values()),
            ["lots"] => list::page(call, now, self.lots_after(list::after(call))),
            ["stock"] => {
                let lots = self.lots_after(list::after(call) - STOCK_IDS);
                list::page(call, now, lots.filter(|lot| !lot.deleted).map(Stock))
            }
            ["staging-tasks"] => list::page(call, now, self.tasks.values()),
            ["shipments"] => list::page(call, now, self.shipments.values()),
            [collection, id] => match id.parse().ok().and_then(|id| self.single(collection, id)) {
                Some(record) => Reply::json(StatusCode::OK, &record),
                None => error(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such record"),
            },
            _ => error(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such resource"),
        }
    }

    /// The lots with a larger id.
    fn lots_after(&self, id: i64) -> impl Iterator<Item = &Lot> {
        self.lots.range(id.saturating_add(1)..).map(|(_, lot)| lot)
    }

    fn single(&self, collection: &str, id: i64) -> Option<Value> {
        match collection {
            "materials" => self.materials.get(&id).map(Record::json),
            "lots" => self.lots.get(&id).map(Record::json),
            "stock" => self.lots.values().map(Stock).find(|stock| stock.id() == id).map(|stock| stock.json()),
            "staging-tasks" => self.tasks.get(&id).map(Record::json),
            "shipments" => self.shipments.get(&id).map(Record::json),
            _ => None,
        }
    }
}

impl System for Wms {
    type Intent = Nothing;

    fn action(&self, call: &Call) -> &'static str {
        match (call.method.as_str(), call.path.rsplit('/').next()) {
            ("POST", Some("block")) => write::BLOCK,
            ("POST", Some("unblock")) => write::UNBLOCK,
            ("POST", Some("expedite")) => write::EXPEDITE,
            _ => "read",
        }
    }

    fn answer(&mut self, call: &Call, now: DateTime<Utc>) -> Reply {
        if !call.has_bearer(&self.token) {
            return error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "send `Authorization: Bearer <token>`");
        }
        let Some(path) = call.path.strip_prefix("/api/") else {
            return error(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such resource");
        };
        let path: Vec<&str> = path.split('/').collect();
        match call.method {
            Method::GET | Method::HEAD => self.read(&path, call, now),
            Method::POST => self.write(&path, call, now),
            _ => error(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "the resource does not know this method"),
        }
    }

    fn intents(&mut self) -> Vec<Nothing> {
        Vec::new()
    }

    fn events(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events)
    }

    fn restarted(&mut self) {}

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn hand(&mut self, name: &str, body: &Value, now: DateTime<Utc>) -> Option<Result<(), String>> {
        self.by_hand(name, body, now)
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
}

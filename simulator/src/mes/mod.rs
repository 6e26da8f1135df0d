//! A simulated MES: its data are views of a database that only it writes, and it speaks B2MML through files and HTTP.
//! It looks at the floor itself, and hears of orders and lots from the ERP, once in every cycle.

mod database;
mod follow;
mod hand;
mod message;
mod outbox;
mod rows;
#[cfg(test)]
mod tests;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

pub(crate) use database::Database;
pub(crate) use outbox::Outbox;

use crate::{
    business::{
        call::{Call, Reply},
        ledger::Ledger,
        options::MesOptions,
        server::{Nothing, System},
    },
    erp::record::StockType,
};
pub(crate) use rows::Change;
use rows::{Job, Line, Link, Lot, Material, Table, time};

/// Confirmations that are remembered, with the messages that they answer.
const CONFIRMATIONS_MAX: usize = 10_000;

/// What the MES has to tell the world once its cycle is over.
pub(crate) struct News {
    pub(super) changes: Vec<Change>,
    /// Kind and document of a message.
    pub(super) messages: Vec<(&'static str, String)>,
}

/// Everything that the MES knows.
#[derive(Clone)]
pub(crate) struct Mes {
    token: String,
    materials: BTreeMap<String, Material>,
    lots: BTreeMap<String, Lot>,
    /// Id of a lot, by its number.
    by_number: BTreeMap<String, String>,
    /// By order number.
    jobs: BTreeMap<String, Job>,
    lines: BTreeMap<&'static str, Line>,
    links: BTreeMap<i64, Link>,
    /// Kind and id of what was deleted, by entry.
    deletions: BTreeMap<i64, (&'static str, String)>,
    last_deletion: i64,
    /// What has changed since the last cycle.
    changed: BTreeSet<(Table, String)>,
    deleted: Vec<(Table, String)>,
    last_seq: i64,
    messages: Vec<(&'static str, String)>,
    last_message: u64,
    /// By BODID, in the order of their arrival.
    confirmations: BTreeMap<String, (u64, String)>,
    last_confirmation: u64,
    ledger: Ledger,
    seen_lots: BTreeMap<i64, (StockType, Decimal)>,
    /// The order whose job makes no sense, because of a fault.
    malformed: Option<String>,
}

impl Mes {
    pub(crate) fn new(options: &MesOptions) -> Self {
        Mes {
            token: options.token.clone(),
            materials: BTreeMap::new(),
            lots: BTreeMap::new(),
            by_number: BTreeMap::new(),
            jobs: BTreeMap::new(),
            lines: BTreeMap::new(),
            links: BTreeMap::new(),
            deletions: BTreeMap::new(),
            last_deletion: 0,
            changed: BTreeSet::new(),
            deleted: Vec::new(),
            last_seq: 0,
            messages: Vec::new(),
            last_message: 0,
            confirmations: BTreeMap::new(),
            last_confirmation: 0,
            ledger: Ledger::default(),
            seen_lots: BTreeMap::new(),
            malformed: None,
        }
    }

    /// What has come about since the last time; each change gets its number now, in the order in which it is written.
    pub(crate) fn news(&mut self, now: DateTime<Utc>) -> News {
        let at = time(now);
        let gone = std::mem::take(&mut self.deleted);
        let mut changes: Vec<_> = gone.into_iter().map(|(table, key)| Change::Delete { table, key }).collect();
        for (table, key) in std::mem::take(&mut self.changed) {
            let Some(values) = self.values(table, &key) else { continue };
            self.last_seq += 1;
            changes.push(Change::Write { table, values, at: at.clone(), seq: self.last_seq });
        }
        News { changes, messages: std::mem::take(&mut self.messages) }
    }

    fn values(&self, table: Table, key: &str) -> Option<Vec<Option<String>>> {
        let number = || key.parse::<i64>().ok();
        Some(match table {
            Table::Material => self.materials.get(key)?.values(),
            Table::Lot => self.lots.get(key)?.values(),
            Table::Job => {
                let mut values = self.jobs.get(key)?.values();
                if self.malformed.as_deref() == Some(key) {
                    values[rows::PLANNED_QTY] = Some("twelve".to_owned());
                }
                values
            }
            Table::JobResponse => self.jobs.get(key)?.response_values()?,
            Table::LineState => self.lines.get(key)?.values(),
            Table::Genealogy => self.links.get(&number()?)?.values(),
            Table::Deletion => {
                let (kind, id) = self.deletions.get(&number()?)?;
                vec![Some(key.to_owned()), Some((*kind).to_owned()), Some(id.clone())]
            }
        })
    }

    /// Lets the first job make no sense, or makes it good again.
    pub(crate) fn malform(&mut self, wanted: bool, now: DateTime<Utc>) {
        if wanted == self.malformed.is_some() {
            return;
        }
        let first = self.jobs.keys().next().cloned();
        let Some(order) = self.malformed.take().or(first) else { return };
        self.touch(Table::Job, &order);
        if wanted {
            self.malformed = Some(order);
            self.send("SyncMaterialLot", "Change", "<MaterialLot><ID>L-4711</MaterialLot>", now);
        }
    }

    fn touch(&mut self, table: Table, key: &str) {
        self.changed.insert((table, key.to_owned()));
    }

    /// Leaves a tombstone.
    fn bury(&mut self, kind: &'static str, table: Table, id: String) {
        self.last_deletion += 1;
        self.deletions.insert(self.last_deletion, (kind, id.clone()));
        self.touch(Table::Deletion, &self.last_deletion.to_string());
        self.changed.remove(&(table, id.clone()));
        self.deleted.push((table, id));
    }
}

impl System for Mes {
    type Intent = Nothing;

    fn action(&self, call: &Call) -> &'static str {
        if call.is_read() { "read" } else { message::action(&call.body) }
    }

    fn answer(&mut self, call: &Call, now: DateTime<Utc>) -> Reply {
        if !call.has_bearer(&self.token) {
            return Reply::empty(StatusCode::UNAUTHORIZED).with("www-authenticate", "Bearer");
        }
        if call.method == Method::POST && call.path == "/b2mml" {
            return self.take_message(&call.body, now);
        }
        match call.path.strip_prefix("/b2mml/confirmations/").and_then(|id| self.confirmations.get(id)) {
            Some((_, confirmation)) if call.is_read() => Reply::xml(StatusCode::OK, confirmation.clone()),
            _ => Reply::empty(StatusCode::NOT_FOUND),
        }
    }

    fn intents(&mut self) -> Vec<Nothing> {
        Vec::new()
    }

    fn events(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn restarted(&mut self) {}

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn hand(&mut self, name: &str, body: &Value, now: DateTime<Utc>) -> Option<Result<(), String>> {
        self.by_hand(name, body, now)
    }
}

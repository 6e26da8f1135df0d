//! A simulated ERP that speaks as SAP does: OData V2 with CSRF tokens, ETags, flags for statuses and pages of its own
//! size. It plans with the book of [`crate::erp`], and deduplicates nothing.

mod edm;
mod filter;
mod follow;
mod hand;
mod metadata;
mod papers;
mod query;
mod refusal;
mod rows;
mod session;
mod sets;
#[cfg(test)]
mod tests;
mod write;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::{
    business::{
        call::{Call, Reply},
        ledger::Ledger,
        options::ErpOptions,
        server::System,
    },
    erp::record::StockType,
    plant::LineId,
};
use edm::{Edm, Row, Set};
use papers::{Delivery, Document};
use query::{Paging, Query};
use refusal::Refusal;
use rows::{Batch, BomItem, Order, Product, StockRow};
use session::Sessions;
use sets::{BATCHES, BOM_ITEMS, DELIVERIES, DELIVERY_ITEMS, DOCUMENT_ITEMS, DOCUMENTS, ORDERS, PRODUCTS, SETS, STOCK};

/// Where the services are.
const ROOT: &str = "/sap/opu/odata/sap/";

/// What the planning book is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Release(String),
    Cancel(String),
    Move(String, LineId),
}

/// Everything that the ERP shows.
#[derive(Clone)]
pub(crate) struct Sap {
    user: String,
    password: String,
    page_size: usize,
    /// Tells the skip tokens from before a restart.
    generation: u64,
    /// Shared by every copy of the state: a token outlives a fault.
    sessions: Arc<Mutex<Sessions>>,
    products: BTreeMap<String, Product>,
    bom: Vec<BomItem>,
    orders: BTreeMap<String, Order>,
    batches: BTreeMap<(String, String), Batch>,
    deliveries: BTreeMap<String, Delivery>,
    documents: BTreeMap<String, Document>,
    ledger: Ledger,
    intents: Vec<Intent>,
    /// What was last seen in the book: by id of the order, its version and its key here.
    seen_orders: BTreeMap<i64, (u64, String)>,
    /// By id of the lot: version, stock type, quantity.
    seen_lots: BTreeMap<i64, (u64, StockType, Decimal)>,
    /// Lots that a client made restricted or free, for a MES that hears of it.
    told: BTreeMap<String, bool>,
}

/// What an address names.
enum Target<'a> {
    Service,
    Metadata,
    Set(&'static Set),
    Count(&'static Set),
    Entity(&'static Set, &'a str),
    Function(&'a str),
}

impl Sap {
    pub(crate) fn new(options: &ErpOptions) -> Self {
        Sap {
            user: options.user.clone(),
            password: options.password.clone(),
            page_size: options.page_size,
            generation: 1,
            sessions: Arc::default(),
            products: BTreeMap::new(),
            bom: follow::bills(),
            orders: BTreeMap::new(),
            batches: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            documents: BTreeMap::new(),
            ledger: Ledger::default(),
            intents: Vec::new(),
            seen_orders: BTreeMap::new(),
            seen_lots: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&mut self, call: &Call, now: DateTime<Utc>) -> Result<Reply, Refusal> {
        let (service, target) = target(&call.path)?;
        if call.is_read() {
            return self.read(call, service, &target);
        }
        match target {
            Target::Entity(set, key) if is_patch(call) && set.name == BATCHES.name => self.patch_batch(call, key, now),
            Target::Entity(set, key) if is_patch(call) && set.name == DELIVERIES.name => {
                self.patch_delivery(call, key, now)
            }
            Target::Set(set) if call.method == Method::POST && set.name == DOCUMENTS.name => {
                self.post_document(call, now)
            }
            Target::Function(name) if call.method == Method::POST => self.call_function(name, call, now),
            _ => Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "/IWBEP/CM_MGW_RT/022", "Method not allowed")),
        }
    }

    fn read(&self, call: &Call, service: &str, target: &Target<'_>) -> Result<Reply, Refusal> {
        let paging = Paging { page_size: self.page_size, generation: self.generation };
        match target {
            Target::Service => Ok(metadata::service(service)),
            Target::Metadata => Ok(metadata::metadata(service)),
            Target::Function(_) => Err(Refusal::no_resource()),
            Target::Set(set) => {
                let query = Query::parse(set, call)?;
                self.with_rows(set, |rows| query.page(rows, paging))
            }
            Target::Count(set) => {
                let query = Query::parse(set, call)?;
                self.with_rows(set, |rows| Ok(query.count(rows)))
            }
            Target::Entity(set, key) => {
                let query = Query::parse(set, call)?;
                let key = keys(set, key)?;
                self.with_rows(set, |rows| match rows.into_iter().find(|row| has_key(set, *row, &key)) {
                    Some(row) => Ok(query.single(row)),
                    None => Err(Refusal::no_entity(&format!("{key:?}"))),
                })
            }
        }
    }

    /// Hands the entities of a set over, in the order of their keys.
    fn with_rows<T>(&self, set: &Set, use_rows: impl FnOnce(Vec<&dyn Row>) -> T) -> T {
        fn rows<'a, R: Row + 'a>(of: impl Iterator<Item = &'a R>) -> Vec<&'a dyn Row> {
            of.map(|row| row as &dyn Row).collect()
        }
        match set.name {
            name if name == ORDERS.name => use_rows(rows(self.orders.values())),
            name if name == BATCHES.name => use_rows(rows(self.batches.values())),
            name if name == PRODUCTS.name => use_rows(rows(self.products.values())),
            name if name == BOM_ITEMS.name => use_rows(rows(self.bom.iter())),
            name if name == DELIVERIES.name => use_rows(rows(self.deliveries.values())),
            name if name == DELIVERY_ITEMS.name => {
                use_rows(rows(self.deliveries.values().flat_map(|delivery| &delivery.items)))
            }
            name if name == DOCUMENTS.name => use_rows(rows(self.documents.values())),
            name if name == DOCUMENT_ITEMS.name => {
                use_rows(rows(self.documents.values().flat_map(|document| &document.items)))
            }
            name if name == STOCK.name => {
                let stock: Vec<_> = self.batches.values().flat_map(stock_of).collect();
                use_rows(rows(stock.iter()))
            }
            _ => use_rows(Vec::new()),
        }
    }
}

impl System for Sap {
    type Intent = Intent;

    fn action(&self, call: &Call) -> &'static str {
        match target(&call.path) {
            Ok((_, Target::Function(name))) => {
                write::FUNCTIONS.into_iter().find(|known| *known == name).unwrap_or("unknown")
            }
            Ok((_, Target::Entity(set, _))) if !call.is_read() && set.name == BATCHES.name => write::PATCH_BATCH,
            Ok((_, Target::Entity(set, _))) if !call.is_read() && set.name == DELIVERIES.name => write::PATCH_DELIVERY,
            Ok((_, Target::Set(set))) if !call.is_read() && set.name == DOCUMENTS.name => write::POST_DOCUMENT,
            _ => "read",
        }
    }

    fn answer(&mut self, call: &Call, now: DateTime<Utc>) -> Reply {
        if !call.has_basic(&self.user, &self.password) {
            let page =
                "<html><head><title>Logon Error Message</title></head><body>Anmeldung fehlgeschlagen</body></html>";
            return Reply::typed(StatusCode::UNAUTHORIZED, "text/html", page.to_owned())
                .with("www-authenticate", "Basic realm=\"SAP NetWeaver Application Server [SIM/100]\"");
        }
        if !call.is_read()
            && let Err(reply) = self.sessions().check(call, now)
        {
            return reply;
        }
        let reply = self.respond(call, now).unwrap_or_else(|refusal| refusal.reply());
        let reply = reply.with("dataserviceversion", "2.0");
        let reply = if call.method == Method::HEAD { Reply { body: Vec::new(), ..reply } } else { reply };
        if call.is_read() { self.sessions().hand_out(call, reply, now) } else { reply }
    }

    fn intents(&mut self) -> Vec<Intent> {
        std::mem::take(&mut self.intents)
    }

    fn events(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn restarted(&mut self) {
        self.generation += 1;
        self.sessions().forget();
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn hand(&mut self, name: &str, body: &Value, now: DateTime<Utc>) -> Option<Result<(), String>> {
        self.by_hand(name, body, now)
    }
}

fn is_patch(call: &Call) -> bool {
    let tunnelled = call.method == Method::POST && call.header("x-http-method").is_some_and(|method| method == "MERGE");
    tunnelled || call.method == Method::PATCH || call.method.as_str() == "MERGE"
}

fn target(path: &str) -> Result<(&str, Target<'_>), Refusal> {
    let rest = path.strip_prefix(ROOT).ok_or_else(Refusal::no_resource)?;
    let (service, rest) = rest.split_once('/').unwrap_or((rest, ""));
    if !SETS.iter().any(|set| set.service == service) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "/IWFND/MED/170",
            format!("No service found for namespace '', name '{service}'"),
        ));
    }
    let set = |name: &str| SETS.into_iter().find(|set| set.service == service && set.name == name);
    let target = match rest {
        "" => Target::Service,
        "$metadata" => Target::Metadata,
        _ => {
            if let Some(counted) = rest.strip_suffix("/$count").and_then(set) {
                Target::Count(counted)
            } else if let Some(known) = set(rest) {
                Target::Set(known)
            } else if let Some((name, key)) = rest.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
                Target::Entity(set(name).ok_or_else(Refusal::no_resource)?, key)
            } else if service == ORDERS.service && write::FUNCTIONS.contains(&rest) {
                Target::Function(rest)
            } else {
                return Err(Refusal::no_resource());
            }
        }
    };
    Ok((service, target))
}

/// The key of an entity, as its address has it: values in the order of the set's keys.
fn keys(set: &Set, text: &str) -> Result<Vec<String>, Refusal> {
    let mut named = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, literal) = match rest.split_once('=') {
            Some((name, literal)) if !rest.starts_with('\'') => (name.trim(), literal),
            _ => (set.keys[0], rest),
        };
        let (value, after) = filter::quoted(literal.trim_start())?;
        named.insert(name.to_owned(), value);
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    let values: Vec<_> = set.keys.iter().filter_map(|name| named.remove(*name)).collect();
    if values.len() == set.keys.len() && named.is_empty() {
        Ok(values)
    } else {
        Err(Refusal::query("Invalid key predicate"))
    }
}

fn has_key(set: &Set, row: &dyn Row, key: &[String]) -> bool {
    set.keys.iter().zip(key).all(|(name, wanted)| matches!(row.get(name), Edm::Text(text) if text == wanted.as_str()))
}

fn stock_of(batch: &Batch) -> impl Iterator<Item = StockRow<'_>> {
    let rows = batch.stock.iter().filter(|(_, quantity)| !quantity.is_zero());
    rows.map(move |((location, kind), quantity)| StockRow { batch, location, kind: *kind, quantity: *quantity })
}

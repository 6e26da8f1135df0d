//! The ERP's data and what may be done to it; pure, with the time handed in.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

use super::{
    catalog,
    ledger::{Action, Effect, Ledger, Request},
    planning::Dispatch,
    record::{Header, Lot, Material, Order, OrderStatus, StockType},
    refusal::Refusal,
};
use crate::plant::LineId;

/// Closed orders, and lots, that are kept. Older ones are deleted without a trace, as archiving
/// does in real systems; at one order a minute this is most of a day.
const CLOSED_KEPT_MAX: usize = 1000;
/// Links of the genealogy that are kept: five for each order.
const LINKS_KEPT_MAX: usize = 5 * CLOSED_KEPT_MAX;
/// Gives the ERP its own stream of the one seed.
const SEED_SALT: u64 = 0x6572_7000;

/// Lots are numbered from here.
const FIRST_LOT: i64 = 4_700;

/// The number of a lot, also of one that is archived.
pub(crate) fn lot_number(id: i64) -> String {
    format!("L-{}", FIRST_LOT + id)
}

/// Everything the ERP knows.
pub(crate) struct Book {
    pub(super) rng: ChaCha8Rng,
    pub(crate) materials: BTreeMap<i64, Material>,
    pub(crate) orders: BTreeMap<i64, Order>,
    pub(crate) lots: BTreeMap<i64, Lot>,
    /// What went into what, once bills of material are kept.
    pub(crate) links: BTreeMap<i64, Link>,
    /// Whether bills of material are kept: making something then takes its components from stock.
    pub(super) furnished: bool,
    /// Orders that a client released or took back, which the floor has not been told yet.
    pub(super) told: Vec<Dispatch>,
    pub(super) ledger: Ledger,
    /// Orders that go to another line, which the floor has not been told yet.
    pub(super) moved: BTreeMap<i64, LineId>,
    /// Whether something has happened that may call for another order.
    pub(super) unplanned: bool,
    last_order_id: i64,
    last_lot_id: i64,
}

/// What of one lot went into another.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) parent_id: i64,
    pub(crate) child_id: i64,
    pub(crate) quantity: Decimal,
    /// Number of the order that made the child.
    pub(crate) order: String,
}

/// What the floor confirms, some time after it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// A line works on the order.
    Started { number: String },
    /// The order is made.
    Finished { number: String, good: u32 },
}

/// What became of a request to act.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Acted<T> {
    /// The record as it is now.
    pub(super) record: T,
    /// What the request did, the first time.
    pub(super) effect: Effect,
    /// True when the request had been seen before and nothing was done.
    pub(super) replayed: bool,
}

impl Book {
    /// The first day: materials, some stock, some history, and no open orders yet.
    pub(crate) fn new(seed: u64, now: DateTime<Utc>) -> Self {
        let mut book = Book {
            rng: ChaCha8Rng::seed_from_u64(seed ^ SEED_SALT),
            materials: BTreeMap::new(),
            orders: BTreeMap::new(),
            lots: BTreeMap::new(),
            links: BTreeMap::new(),
            furnished: false,
            told: Vec::new(),
            ledger: Ledger::default(),
            moved: BTreeMap::new(),
            unplanned: true,
            last_order_id: 0,
            last_lot_id: 0,
        };
        for ((code, name, unit), id) in catalog::MATERIALS.into_iter().zip(1..) {
            let header = Header::new(id, code.to_owned(), now);
            book.materials.insert(id, Material::new(header, name, unit));
        }
        for (code, quantity, stock_type, location) in catalog::LOTS {
            let quantity = quantity.parse().expect("the catalog holds numbers");
            book.stock(code, quantity, stock_type, location, now);
        }
        book.add_history(now);
        book
    }

    /// Takes note of what the floor confirms. A confirmation that comes twice, or for an order that
    /// is closed by now, changes nothing.
    pub(crate) fn confirm(&mut self, confirmation: &Confirmation, now: DateTime<Utc>) {
        self.unplanned = true;
        match confirmation {
            Confirmation::Started { number } => {
                let Some(order) = self.open_order(number) else { return };
                if order.status != OrderStatus::Started {
                    order.status = OrderStatus::Started;
                    order.header.touch(now);
                }
            }
            Confirmation::Finished { number, good } => {
                let Some(order) = self.open_order(number) else { return };
                order.status = OrderStatus::Finished;
                order.completed_quantity = Decimal::from(*good);
                order.header.touch(now);
                let (material_id, quantity) = (order.material_id, Decimal::from(*good));
                let lot = self.receive(material_id, quantity, now);
                self.consume(number, lot, material_id, quantity, now);
                self.forget_oldest();
            }
        }
    }

    /// Gives an order to another line.
    pub(super) fn resequence(
        &mut self,
        id: i64,
        line: &str,
        key: &str,
        now: DateTime<Utc>,
    ) -> Result<Acted<Order>, Refusal> {
        let Some(to) = LineId::from_code(line) else {
            return Err(Refusal::BadRequest(format!("there is no line `{line}`; use `L1` or `L2`")));
        };
        let order = self.orders.get_mut(&id).ok_or(Refusal::NotFound { model: "order", id })?;
        let request = Request { key, action: Action::ResequenceOrder, record_id: id, wanted: Some(line) };
        if let Some(effect) = self.ledger.replay(&request)? {
            return Ok(Acted { record: order.clone(), effect, replayed: true });
        }
        if !order.status.is_open() {
            return Err(Refusal::OrderClosed { number: order.header.number.clone(), status: order.status.name() });
        }
        let effect = self.ledger.record(&request, order.line, to.code(), now);
        if effect.changed {
            order.line = to.code();
            order.header.touch(now);
            self.unplanned = true;
            if order.status != OrderStatus::Planned && !order.parked {
                self.moved.insert(id, to);
            }
        }
        Ok(Acted { record: order.clone(), effect, replayed: false })
    }

    /// Forbids the use of a lot.
    pub(super) fn block(&mut self, id: i64, key: &str, now: DateTime<Utc>) -> Result<Acted<Lot>, Refusal> {
        self.set_stock_type(id, Action::BlockLot, key, now)
    }

    /// Allows the use of a lot again, as far as it was allowed before it was blocked.
    pub(super) fn unblock(&mut self, id: i64, key: &str, now: DateTime<Utc>) -> Result<Acted<Lot>, Refusal> {
        self.set_stock_type(id, Action::UnblockLot, key, now)
    }

    pub(super) fn material_id(&self, code: &str) -> i64 {
        let position = catalog::materials().position(|row| row.0 == code);
        position.expect("the catalog names its own materials") as i64 + 1
    }

    pub(super) fn next_order_id(&mut self) -> i64 {
        self.last_order_id += 1;
        self.last_order_id
    }

    fn set_stock_type(
        &mut self,
        id: i64,
        action: Action,
        key: &str,
        now: DateTime<Utc>,
    ) -> Result<Acted<Lot>, Refusal> {
        let lot = self.lots.get_mut(&id).ok_or(Refusal::NotFound { model: "lot", id })?;
        let request = Request { key, action, record_id: id, wanted: None };
        if let Some(effect) = self.ledger.replay(&request)? {
            return Ok(Acted { record: lot.clone(), effect, replayed: true });
        }
        let blocked = lot.stock_type == StockType::Blocked;
        let after = match action {
            Action::BlockLot => StockType::Blocked,
            Action::UnblockLot if blocked => lot.unblocked,
            Action::UnblockLot | Action::ResequenceOrder => lot.stock_type,
        };
        let effect = self.ledger.record(&request, lot.stock_type.name(), after.name(), now);
        if effect.changed {
            if !blocked {
                lot.unblocked = lot.stock_type;
            }
            lot.stock_type = after;
            lot.header.touch(now);
        }
        Ok(Acted { record: lot.clone(), effect, replayed: false })
    }

    fn open_order(&mut self, number: &str) -> Option<&mut Order> {
        self.orders.values_mut().find(|order| order.header.number == number && order.status.is_open())
    }

    /// Finished goods come into stock and wait for the laboratory, which in turn has finished with
    /// the lot before.
    fn receive(&mut self, material_id: i64, quantity: Decimal, now: DateTime<Utc>) -> i64 {
        let tested = |lot: &&mut Lot| lot.location == catalog::QUARANTINE && lot.stock_type == StockType::Quality;
        for lot in self.lots.values_mut().filter(tested) {
            lot.stock_type = StockType::Unrestricted;
            lot.location = catalog::FINISHED_GOODS;
            lot.header.touch(now);
        }
        let lot = self.new_lot(material_id, quantity, now);
        let id = lot.header.id;
        self.lots.insert(id, lot);
        id
    }

    /// Puts a lot of a material into stock.
    pub(super) fn stock(
        &mut self,
        code: &str,
        quantity: Decimal,
        stock_type: StockType,
        location: &'static str,
        now: DateTime<Utc>,
    ) {
        let unit = catalog::materials().find(|row| row.0 == code).map_or("PCE", |row| row.2).to_owned();
        let unblocked = if stock_type == StockType::Blocked { StockType::Quality } else { stock_type };
        let lot = self.new_lot(self.material_id(code), quantity, now);
        self.lots.insert(lot.header.id, Lot { stock_type, unblocked, unit, location, ..lot });
    }

    /// A lot of finished goods that waits for the laboratory.
    fn new_lot(&mut self, material_id: i64, quantity: Decimal, now: DateTime<Utc>) -> Lot {
        self.last_lot_id += 1;
        let id = self.last_lot_id;
        Lot {
            header: Header::new(id, lot_number(id), now),
            stock_type: StockType::Quality,
            unblocked: StockType::Quality,
            material_id,
            quantity,
            unit: "PCE".to_owned(),
            location: catalog::QUARANTINE,
        }
    }

    /// One finished and one cancelled order for each line, so that every status is there to be read.
    fn add_history(&mut self, now: DateTime<Utc>) {
        for line in LineId::ALL {
            for status in [OrderStatus::Finished, OrderStatus::Cancelled] {
                let id = self.next_order_id();
                let made = Decimal::from(if status == OrderStatus::Finished { 240 } else { 0 });
                let mut header = Header::new(id, format!("MO-{:06}", 4700 + id), now - TimeDelta::hours(3));
                header.touch(now - TimeDelta::hours(1));
                self.orders.insert(
                    id,
                    Order {
                        header,
                        status,
                        line: line.code(),
                        material_id: self.material_id(catalog::products(line)[0]),
                        quantity: Decimal::from(240),
                        unit: "PCE".to_owned(),
                        planned_start: now - TimeDelta::hours(2),
                        planned_end: now - TimeDelta::hours(1),
                        completed_quantity: made,
                        parked: false,
                    },
                );
            }
        }
    }

    fn forget_oldest(&mut self) {
        let closed: Vec<i64> =
            self.orders.values().filter(|order| !order.status.is_open()).map(|order| order.header.id).collect();
        for id in closed.iter().take(closed.len().saturating_sub(CLOSED_KEPT_MAX)) {
            self.orders.remove(id);
        }
        while self.lots.len() > CLOSED_KEPT_MAX {
            self.lots.pop_first();
        }
        while self.links.len() > LINKS_KEPT_MAX {
            self.links.pop_first();
        }
    }
}

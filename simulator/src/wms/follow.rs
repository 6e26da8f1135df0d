//! How the warehouse comes to know what it knows: from the ERP, once in every cycle, and from its own forklifts.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{
    Wms,
    rows::{Lot, Material, Shipment, Staging, Status, Task, unit},
};
use crate::{
    business::shipping::{Course, SHIPMENTS},
    erp::{
        Book, catalog, lot_number,
        record::{self, OrderStatus, StockType},
    },
};

/// Ids of materials begin here.
const MATERIAL_IDS: i64 = 100;
/// Ids of lots begin here.
pub(super) const LOT_IDS: i64 = 90_000;
/// How long before its start an order's material has to stand at the line.
const STAGED_BEFORE: TimeDelta = TimeDelta::seconds(10);
/// Staging tasks that are kept: of most of a day.
const TASKS_MAX: usize = 10_000;

fn status(stock_type: StockType) -> Status {
    match stock_type {
        StockType::Unrestricted => Status::Available,
        StockType::Quality => Status::QcHold,
        StockType::Blocked => Status::Blocked,
    }
}

impl Wms {
    /// One cycle: takes over what has changed in the book, whose times are true, and lets the forklifts go on.
    pub(crate) fn follow(&mut self, book: &Book, skew: TimeDelta, now: DateTime<Utc>) {
        for (id, material) in &book.materials {
            let id = MATERIAL_IDS + id;
            self.materials.entry(id).or_insert_with(|| Material {
                id,
                code: material.code.clone(),
                description: material.name.clone(),
                uom: unit(&material.unit),
                created_at: now,
            });
        }
        for lot in book.lots.values() {
            self.follow_lot(book.code(lot.material_id), lot, now);
        }
        self.drive(now);
        for order in book.orders.values() {
            self.follow_order(book, order, skew, now);
        }
        self.seen_orders.retain(|id, _| book.orders.contains_key(id));
        let gone: Vec<i64> = self.seen_lots.keys().filter(|id| !book.lots.contains_key(id)).copied().collect();
        for id in gone {
            self.seen_lots.remove(&id);
            // A test may have deleted it before the book archived it.
            let _ = self.delete_lot(&lot_number(id), true, now);
        }
        while self.tasks.len() > TASKS_MAX {
            self.tasks.pop_first();
        }
    }

    fn follow_lot(&mut self, material: &str, lot: &record::Lot, now: DateTime<Utc>) {
        let id = LOT_IDS + lot.header.id;
        let seen = (lot.stock_type, lot.quantity);
        let Some(before) = self.seen_lots.insert(lot.header.id, seen) else {
            self.by_number.insert(lot.header.number.clone(), id);
            self.lots.insert(id, new_lot(id, material, lot, now));
            self.announce_lot(id, now);
            return;
        };
        if before == seen {
            return;
        }
        let Some(known) = self.lots.get_mut(&id) else { return };
        if before.0 != seen.0 {
            // What the warehouse blocked itself stays blocked.
            if known.status == status(before.0) {
                known.status = status(seen.0);
            } else {
                known.unblocked = status(seen.0);
            }
        }
        known.quantity = (known.quantity + seen.1 - before.1).max(Decimal::ZERO);
        lot.location.clone_into(&mut known.bin);
        known.touch(now);
        self.announce_lot(id, now);
    }

    fn follow_order(&mut self, book: &Book, order: &record::Order, skew: TimeDelta, now: DateTime<Utc>) {
        let seen = (order.header.number.clone(), order.status);
        let before = self.seen_orders.insert(order.header.id, seen).map(|(_, status)| status);
        if before.is_none() && order.status.is_open() {
            let product = book.code(order.material_id).to_owned();
            for (component, per_piece) in catalog::bill(&product) {
                self.new_task(order, component, per_piece * order.quantity, skew, now);
            }
        }
        if before == Some(order.status) {
            return;
        }
        let number = &order.header.number;
        let to = match order.status {
            OrderStatus::Started | OrderStatus::Finished => Staging::Consumed,
            OrderStatus::Cancelled => Staging::Cancelled,
            OrderStatus::Planned | OrderStatus::Released => return,
        };
        let open: Vec<i64> = self
            .tasks
            .values()
            .filter(|task| task.order == *number && !matches!(task.state, Staging::Consumed | Staging::Cancelled))
            .map(|task| task.id)
            .collect();
        for id in open {
            self.enter(id, to, now);
        }
    }

    fn new_task(
        &mut self,
        order: &record::Order,
        component: &str,
        quantity: Decimal,
        skew: TimeDelta,
        now: DateTime<Utc>,
    ) {
        let id = self.tasks.keys().next_back().map_or(1, |last| last + 1);
        let free = |lot: &&Lot| lot.material == component && lot.status == Status::Available && !lot.deleted;
        let all: Decimal = self.lots.values().filter(free).map(|lot| lot.quantity).sum();
        let lot = self.lots.values().filter(free).max_by_key(|lot| lot.quantity).filter(|_| all >= quantity);
        let base = catalog::materials().find(|row| row.0 == component).map_or("PCE", |row| row.2);
        let task = Task {
            id,
            order: order.header.number.clone(),
            material: component.to_owned(),
            lot: lot.map(|lot| (lot.id, lot.number.clone())),
            quantity,
            uom: unit(base),
            from_bin: lot.map(|lot| lot.bin.clone()),
            to_bin: format!("{}-STAGE", order.line),
            state: if lot.is_some() { Staging::Open } else { Staging::Short },
            due_at: order.planned_start + skew - STAGED_BEFORE,
            expedited: false,
            stuck: false,
            updated_at: now,
            revision: 1,
        };
        self.tasks.insert(id, task);
        self.announce("staging_task.updated", id, now);
    }

    /// The forklifts: what is picked is staged, what is open is picked once its order is released.
    fn drive(&mut self, now: DateTime<Utc>) {
        let released: BTreeSet<String> = self
            .seen_orders
            .values()
            .filter(|(_, status)| *status == OrderStatus::Released)
            .map(|(number, _)| number.clone())
            .collect();
        let moves: Vec<(i64, Staging)> = self
            .tasks
            .values()
            .filter_map(|task| match task.state {
                Staging::Picking => Some((task.id, Staging::Staged)),
                Staging::Open if !task.stuck && released.contains(&task.order) => Some((task.id, Staging::Picking)),
                _ => None,
            })
            .collect();
        for (id, state) in moves {
            self.enter(id, state, now);
        }
    }

    fn enter(&mut self, id: i64, state: Staging, now: DateTime<Utc>) {
        if let Some(task) = self.tasks.get_mut(&id) {
            task.enter(state, now);
            self.announce("staging_task.updated", id, now);
        }
    }

    /// The shipments of the story.
    pub(crate) fn add_shipments(&mut self, now: DateTime<Utc>) {
        for (shipping, id) in SHIPMENTS.into_iter().zip(70_001..) {
            let planned_at = now + shipping.leaves;
            let shipment = Shipment {
                id,
                number: shipping.number.to_owned(),
                customer: shipping.customer,
                state: if shipping.course == Course::Gone { "SHIPPED" } else { "PLANNED" },
                planned_at,
                eta: planned_at + TimeDelta::hours(6),
                updated_at: now,
                revision: 1,
                items: shipping.items,
            };
            self.shipments.insert(id, shipment);
        }
    }

    /// A shipment goes on.
    pub(crate) fn move_shipment(&mut self, number: &str, state: &'static str, now: DateTime<Utc>) {
        let Some(shipment) = self.shipments.values_mut().find(|shipment| shipment.number == number) else { return };
        shipment.state = state;
        shipment.updated_at = now;
        shipment.revision += 1;
        let id = shipment.id;
        self.announce("shipment.updated", id, now);
    }

    /// Nobody takes this task up any more, and it is due then.
    pub(crate) fn strand(&mut self, order: &str, material: &str, due_at: DateTime<Utc>, now: DateTime<Utc>) {
        let wanted = |task: &&mut Task| task.order == order && task.material == material;
        if let Some(task) = self.tasks.values_mut().find(wanted) {
            task.stuck = true;
            task.due_at = due_at;
            task.enter(Staging::Open, now);
        }
    }

    /// A pallet falls.
    pub(crate) fn damage(&mut self, lot: &str, reason: &str, now: DateTime<Utc>) {
        let Some(id) = self.by_number.get(lot).copied() else { return };
        if let Some(lot) = self.lots.get_mut(&id) {
            if lot.status != Status::Blocked {
                lot.unblocked = lot.status;
            }
            lot.status = Status::Blocked;
            lot.reason = Some(reason.to_owned());
            lot.touch(now);
            self.announce_lot(id, now);
        }
    }
}

fn new_lot(id: i64, material: &str, lot: &record::Lot, now: DateTime<Utc>) -> Lot {
    let days = match material.split('-').next() {
        Some("FG") => Some(180),
        Some("RM") => Some(90),
        _ => None,
    };
    Lot {
        id,
        number: lot.header.number.clone(),
        material: material.to_owned(),
        status: status(lot.stock_type),
        unblocked: status(if lot.stock_type == StockType::Blocked { StockType::Quality } else { lot.stock_type }),
        reason: None,
        quantity: lot.quantity,
        uom: unit(&lot.unit),
        bin: lot.location.to_owned(),
        expires_on: days.and_then(|days| now.date_naive().checked_add_days(Days::new(days))),
        deleted: false,
        created_at: now,
        updated_at: now,
        revision: 1,
    }
}

//! What the ERP's book keeps for a plant with three systems: bills of material, genealogy, orders that wait.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{
    book::{Book, Link},
    catalog,
    planning::{Dispatch, release_parked},
    record::{Header, Lot, Material, Order, OrderStatus, StockType},
};
use crate::plant::LineId;

/// A component is bought again when less than this share of a delivery is free.
const REORDER_SHARE: Decimal = Decimal::from_parts(25, 0, 0, false, 2);

/// An order to make, as a planner or a test writes it.
#[derive(Clone, Debug)]
pub(crate) struct NewOrder<'a> {
    /// The number; none takes the next one.
    pub(crate) number: Option<&'a str>,
    /// Code of the material.
    pub(crate) material: &'a str,
    pub(crate) line: LineId,
    pub(crate) quantity: u32,
    pub(crate) released: bool,
    pub(crate) planned_start: DateTime<Utc>,
}

impl Book {
    /// Adds what a plant with bills of material needs: further materials and lots.
    pub(crate) fn furnish(&mut self, now: DateTime<Utc>) {
        if std::mem::replace(&mut self.furnished, true) {
            return;
        }
        for (code, name, unit) in catalog::MORE_MATERIALS {
            let id = self.material_id(code);
            self.materials.insert(id, Material::new(Header::new(id, code.to_owned(), now), name, unit));
        }
        for (code, quantity, stock_type, location) in catalog::MORE_LOTS {
            self.stock(code, quantity.parse().expect("the catalog holds numbers"), stock_type, location, now);
        }
    }

    /// Adds an order that waits beside the others until its planned start. Returns its number.
    pub(crate) fn add_order(&mut self, new: &NewOrder<'_>, now: DateTime<Utc>) -> String {
        let id = self.next_order_id();
        let number = new.number.map_or_else(|| format!("MO-{:06}", 4700 + id), str::to_owned);
        let mut header = Header::new(id, number.clone(), now);
        if new.released {
            header.touch(now);
        }
        let minutes = f64::from(new.quantity) / new.line.profile().pieces_per_min;
        let order = Order {
            header,
            status: if new.released { OrderStatus::Released } else { OrderStatus::Planned },
            line: new.line.code(),
            material_id: self.material_id(new.material),
            quantity: Decimal::from(new.quantity),
            unit: "PCE".to_owned(),
            planned_start: new.planned_start,
            planned_end: new.planned_start + TimeDelta::seconds((minutes * 60.0) as i64),
            completed_quantity: Decimal::ZERO,
            parked: true,
        };
        self.orders.insert(id, order);
        number
    }

    /// Releases a planned order, out of turn.
    pub(crate) fn release_order(&mut self, number: &str, now: DateTime<Utc>) {
        let planned = |order: &&mut Order| order.header.number == number && order.status == OrderStatus::Planned;
        let Some(order) = self.orders.values_mut().find(planned) else { return };
        order.status = OrderStatus::Released;
        order.header.touch(now);
        self.told.extend(release_parked(order));
    }

    /// Takes back an order that was not begun.
    pub(crate) fn cancel_order(&mut self, number: &str, now: DateTime<Utc>) {
        let open = |order: &&mut Order| {
            order.header.number == number && matches!(order.status, OrderStatus::Planned | OrderStatus::Released)
        };
        let Some(order) = self.orders.values_mut().find(open) else { return };
        if order.status == OrderStatus::Released && !order.parked {
            self.told.push(Dispatch::Cancel { number: number.to_owned() });
        }
        order.status = OrderStatus::Cancelled;
        order.header.touch(now);
        self.unplanned = true;
    }

    /// Gives an order to another line, without a key: the caller keeps its own account of what it did.
    pub(crate) fn move_order(&mut self, number: &str, line: &str, now: DateTime<Utc>) {
        let Some(id) = self.orders.values().find(|order| order.header.number == number).map(|order| order.header.id)
        else {
            return;
        };
        let key = format!("moved-{id}-{}", now.timestamp_micros());
        // Refused only when the order was closed a moment ago: its next change tells.
        let _ = self.resequence(id, line, &key, now);
    }

    /// Code of a material.
    pub(crate) fn code(&self, material_id: i64) -> &str {
        self.materials.get(&material_id).map_or("", |material| material.code.as_str())
    }

    /// Takes what was made of an order from stock, oldest lots first, and buys again what runs low.
    pub(super) fn consume(&mut self, order: &str, child_id: i64, material_id: i64, made: Decimal, now: DateTime<Utc>) {
        if !self.furnished {
            return;
        }
        let product = self.code(material_id).to_owned();
        for (component, per_piece) in catalog::bill(&product) {
            let id = self.material_id(component);
            let mut wanted = per_piece * made;
            for lot in self.lots.values_mut().filter(|lot| lot.material_id == id && is_free(lot)) {
                let taken = wanted.min(lot.quantity);
                if taken <= Decimal::ZERO {
                    continue;
                }
                lot.quantity -= taken;
                wanted -= taken;
                lot.header.touch(now);
                let next = self.links.keys().next_back().map_or(1, |last| last + 1);
                let parent_id = lot.header.id;
                self.links.insert(next, Link { parent_id, child_id, quantity: taken, order: order.to_owned() });
            }
            self.reorder(component, id, now);
        }
    }

    fn reorder(&mut self, code: &str, material_id: i64, now: DateTime<Utc>) {
        let free: Decimal = self
            .lots
            .values()
            .filter(|lot| lot.material_id == material_id && is_free(lot))
            .map(|lot| lot.quantity)
            .sum();
        let rows = catalog::LOTS.into_iter().chain(catalog::MORE_LOTS);
        let bought = rows.into_iter().find(|row| row.0 == code && row.2 == StockType::Unrestricted);
        let Some((code, quantity, stock_type, location)) = bought else { return };
        let quantity: Decimal = quantity.parse().expect("the catalog holds numbers");
        if free < quantity * REORDER_SHARE {
            self.stock(code, quantity, stock_type, location, now);
        }
    }
}

fn is_free(lot: &Lot) -> bool {
    lot.stock_type == StockType::Unrestricted && lot.quantity > Decimal::ZERO
}

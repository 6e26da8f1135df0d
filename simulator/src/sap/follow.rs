//! How the ERP comes to know what it knows: from its own planning book, and late from the warehouse.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{
    Sap,
    papers::{Delivery, DeliveryItem},
    rows::{Batch, BomItem, Order, Product, Stock},
};
use crate::{
    business::shipping::{Course, SHIPMENTS, Shipping},
    erp::{
        Book, catalog, lot_number,
        record::{self, Lot, OrderStatus, StockType},
    },
};

/// The number of a unit of measure.
fn unit(base: &str) -> &'static str {
    match base {
        "KG" => "KG",
        "L" => "L",
        _ => "PC",
    }
}

/// The bills of material, numbered.
pub(super) fn bills() -> Vec<BomItem> {
    let mut products: Vec<&str> = catalog::BILLS.iter().map(|row| row.0).collect();
    products.dedup();
    let number = |product: &str| products.iter().position(|known| *known == product).map_or(0, |place| place + 1);
    catalog::BILLS
        .iter()
        .zip(1..)
        .map(|((material, component, quantity), node)| BomItem {
            bill: format!("{:08}", number(material)),
            node: format!("{node:08}"),
            material,
            component,
            quantity: quantity.parse().expect("the bills hold numbers"),
            unit: catalog::materials().find(|row| row.0 == *component).map_or("PC", |row| unit(row.2)),
        })
        .collect()
}

/// The order's number among 12 digits.
pub(super) fn order_key(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    format!("{digits:0>12}")
}

/// The storage location of a bin: the ERP knows the building only.
fn location(bin: &str) -> String {
    format!("0{}", bin.split('-').next().unwrap_or_default())
}

fn kind(stock_type: StockType) -> Stock {
    match stock_type {
        StockType::Unrestricted => Stock::Unrestricted,
        StockType::Quality => Stock::Quality,
        StockType::Blocked => Stock::Blocked,
    }
}

impl Sap {
    /// Takes over what has changed in the book, whose times are true; the ERP's clock is ahead by `skew`.
    pub(crate) fn follow(&mut self, book: &Book, skew: TimeDelta) {
        for material in book.materials.values() {
            if !self.products.contains_key(&material.code) {
                let product = Product {
                    code: material.code.clone(),
                    name: material.name.clone(),
                    unit: unit(&material.unit),
                    created_at: material.header.created_at + skew,
                    changed_at: None,
                };
                self.products.insert(material.code.clone(), product);
            }
        }
        self.follow_orders(book, skew);
        for lot in book.lots.values() {
            self.follow_lot(book.code(lot.material_id), lot, skew);
        }
        self.archive(book);
    }

    /// What the book has archived is gone, without a trace.
    fn archive(&mut self, book: &Book) {
        let gone: Vec<i64> = self.seen_lots.keys().filter(|id| !book.lots.contains_key(id)).copied().collect();
        for id in gone {
            self.seen_lots.remove(&id);
            let number = lot_number(id);
            self.batches.retain(|_, batch| batch.batch != number);
        }
        let gone: Vec<i64> = self.seen_orders.keys().filter(|id| !book.orders.contains_key(id)).copied().collect();
        for id in gone {
            if let Some((_, key)) = self.seen_orders.remove(&id) {
                self.orders.remove(&key);
            }
        }
    }

    fn follow_orders(&mut self, book: &Book, skew: TimeDelta) {
        for order in book.orders.values() {
            let version = order.header.version;
            if self.seen_orders.get(&order.header.id).is_none_or(|seen| seen.0 != version) {
                let mut new = read(order, book.code(order.material_id), skew);
                if let Some(known) = self.orders.get(&new.key) {
                    new.technically_completed = known.technically_completed;
                    new.released_on = known.released_on.or(new.released_on);
                }
                self.seen_orders.insert(order.header.id, (version, new.key.clone()));
                self.orders.insert(new.key.clone(), new);
            }
        }
    }

    fn follow_lot(&mut self, material: &str, lot: &Lot, skew: TimeDelta) {
        let now = (lot.header.version, lot.stock_type, lot.quantity);
        let before = self.seen_lots.insert(lot.header.id, now);
        if before == Some(now) {
            return;
        }
        let key = (material.to_owned(), lot.header.number.clone());
        let Some(before) = before else {
            self.batches.insert(key, batch(material, lot, skew));
            return;
        };
        // A lot that a test deleted stays away.
        let Some(batch) = self.batches.get_mut(&key) else { return };
        if before.1 != now.1 {
            let to =
                if now.1 == StockType::Unrestricted && batch.restricted { Stock::RestrictedUse } else { kind(now.1) };
            batch.convert(kind(before.1), to);
        }
        add(batch, now.2 - before.2);
        batch.touch(lot.header.updated_at.unwrap_or(lot.header.created_at) + skew);
    }

    /// Which lots clients made restricted (true) or free since the last time.
    pub(crate) fn told(&mut self) -> BTreeMap<String, bool> {
        std::mem::take(&mut self.told)
    }

    /// The deliveries of the story.
    pub(crate) fn add_deliveries(&mut self, now: DateTime<Utc>) {
        for shipping in SHIPMENTS {
            self.deliveries.insert(shipping.number.to_owned(), delivery(&shipping, now));
        }
    }

    /// The warehouse tells how far it has picked: `B` partly, `C` completely.
    pub(crate) fn hear_of_picking(&mut self, number: &str, status: &'static str, now: DateTime<Utc>) {
        let Some(delivery) = self.deliveries.get_mut(number) else { return };
        delivery.picking = status;
        delivery.items.iter_mut().for_each(|item| item.picking = status);
        delivery.changed_on = now.date_naive();
        delivery.version += 1;
    }
}

/// Free stock grows or shrinks; what is not free only when nothing else is left.
fn add(batch: &mut Batch, mut difference: Decimal) {
    for wanted in Stock::ALL {
        for ((_, kind), quantity) in &mut batch.stock {
            if *kind == wanted && !difference.is_zero() {
                let change = difference.max(-*quantity);
                *quantity += change;
                difference -= change;
            }
        }
    }
}

fn read(order: &record::Order, material: &str, skew: TimeDelta) -> Order {
    let released = matches!(order.status, OrderStatus::Released | OrderStatus::Started | OrderStatus::Finished);
    let changed_at = order.header.updated_at.unwrap_or(order.header.created_at) + skew;
    Order {
        key: order_key(&order.header.number),
        number: order.header.number.clone(),
        material: material.to_owned(),
        line: order.line.to_owned(),
        quantity: order.quantity,
        made: order.completed_quantity,
        status: order.status,
        technically_completed: false,
        start: order.planned_start,
        end: order.planned_end,
        released_on: released.then(|| changed_at.date_naive()),
        created_at: order.header.created_at + skew,
        changed_at,
    }
}

fn batch(material: &str, lot: &Lot, skew: TimeDelta) -> Batch {
    let created_at = lot.header.created_at + skew;
    let days = match &material[..2.min(material.len())] {
        "FG" => Some(180),
        "RM" => Some(90),
        _ => None,
    };
    Batch {
        material: material.to_owned(),
        batch: lot.header.number.clone(),
        restricted: false,
        deleted: false,
        expires: days.and_then(|days| created_at.date_naive().checked_add_days(Days::new(days))),
        unit: unit(&lot.unit),
        stock: [((location(lot.location), kind(lot.stock_type)), lot.quantity)].into(),
        version: 1,
        created_at,
        changed_at: lot.header.updated_at.map(|at| at + skew),
    }
}

fn delivery(shipping: &Shipping, now: DateTime<Utc>) -> Delivery {
    let (picking, issued) = if shipping.course == Course::Gone { ("C", "C") } else { ("A", "A") };
    let items = shipping.items.iter().zip(1..).map(|((batch, material, pieces), place)| DeliveryItem {
        delivery: shipping.number.to_owned(),
        item: format!("{:06}", place * 10),
        material,
        batch,
        quantity: Decimal::from(*pieces),
        picking,
    });
    Delivery {
        number: shipping.number.to_owned(),
        customer_no: shipping.customer_no,
        customer: shipping.customer,
        leaves: now + shipping.leaves,
        picking,
        issued,
        block: String::new(),
        created_at: now,
        changed_on: now.date_naive(),
        items: items.collect(),
        version: 1,
    }
}

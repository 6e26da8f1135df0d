//! Keeping the floor busy: orders are planned ahead and released in time.

use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng;
use rust_decimal::Decimal;

use super::{
    book::Book,
    catalog,
    record::{Header, Order, OrderStatus},
};
use crate::plant::{Job, LineId};

/// Orders that are open in the whole plant, as a rule.
const OPEN_ORDERS: usize = 6;
/// A line with fewer open orders than this gets another one whatever the other line has: one to
/// work on, one to go on with.
const OPEN_PER_LINE_MIN: usize = 2;
/// A line never gets more planned than this.
const OPEN_PER_LINE: usize = 3;
/// Released orders that wait on a line beside the one it works on.
const RELEASED_PER_LINE: usize = 1;
/// Order quantities are whole cases.
const PIECES_PER_CASE: u32 = 12;
/// An order has this many cases: one and a half to three minutes of production.
const CASES: std::ops::Range<u32> = 18..32;
/// What the planner adds for changeover and small stops.
const SLACK: TimeDelta = TimeDelta::seconds(30);

/// What the ERP tells the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dispatch {
    /// A line gets an order.
    Release { line: LineId, job: Job },
    /// An order goes to another line.
    Move { number: String, to: LineId },
    /// An order that was not begun is not made after all.
    Cancel { number: String },
}

impl Book {
    /// Plans and releases what is missing, and returns everything the floor has to be told.
    pub(crate) fn dispatch(&mut self, now: DateTime<Utc>) -> Vec<Dispatch> {
        let mut told: Vec<_> = std::mem::take(&mut self.moved)
            .into_iter()
            .filter_map(|(id, to)| {
                let number = self.orders.get(&id)?.header.number.clone();
                Some(Dispatch::Move { number, to })
            })
            .collect();
        told.append(&mut self.told);
        told.extend(self.unpark(now));
        if std::mem::take(&mut self.unplanned) {
            for line in LineId::ALL {
                self.plan(line, now);
                told.extend(self.release(line, now));
            }
        }
        told
    }

    fn plan(&mut self, line: LineId, now: DateTime<Utc>) {
        loop {
            let on_line = self.open(line).count();
            let in_plant: usize = LineId::ALL.map(|line| self.open(line).count()).into_iter().sum();
            let full = on_line >= OPEN_PER_LINE || in_plant >= OPEN_ORDERS;
            if full && on_line >= OPEN_PER_LINE_MIN {
                return;
            }
            let order = self.planned_order(line, now);
            self.orders.insert(order.header.id, order);
        }
    }

    fn planned_order(&mut self, line: LineId, now: DateTime<Utc>) -> Order {
        let products = catalog::products(line);
        let product = products[self.rng.random_range(0..products.len())];
        let pieces = PIECES_PER_CASE * self.rng.random_range(CASES);
        let planned_start = self.open(line).map(|order| order.planned_end).max().unwrap_or(now).max(now);
        let minutes = f64::from(pieces) / line.profile().pieces_per_min;
        let planned_end = planned_start + TimeDelta::seconds((minutes * 60.0) as i64) + SLACK;
        let id = self.next_order_id();
        Order {
            header: Header::new(id, format!("MO-{:06}", 4700 + id), now),
            status: OrderStatus::Planned,
            line: line.code(),
            material_id: self.material_id(product),
            quantity: Decimal::from(pieces),
            unit: "PCE".to_owned(),
            planned_start,
            planned_end,
            completed_quantity: Decimal::ZERO,
            parked: false,
        }
    }

    /// Releases planned orders of the line until enough of them wait there.
    fn release(&mut self, line: LineId, now: DateTime<Utc>) -> Vec<Dispatch> {
        let started = self.open(line).any(|order| order.status == OrderStatus::Started);
        let released = self.open(line).filter(|order| order.status == OrderStatus::Released).count();
        // A line that works on nothing takes up the first one at once.
        let wanted = RELEASED_PER_LINE + usize::from(!started);
        let ids: Vec<i64> = self
            .open(line)
            .filter(|order| order.status == OrderStatus::Planned)
            .map(|order| order.header.id)
            .take(wanted.saturating_sub(released))
            .collect();
        let mut told = Vec::new();
        for id in ids {
            let Some(order) = self.orders.get_mut(&id) else { continue };
            order.status = OrderStatus::Released;
            order.header.touch(now);
            let job = job(order);
            told.push(Dispatch::Release { line, job });
        }
        told
    }

    /// Hands the released orders to the floor that waited for their planned start.
    fn unpark(&mut self, now: DateTime<Utc>) -> Vec<Dispatch> {
        let due =
            |order: &&mut Order| order.parked && order.status == OrderStatus::Released && order.planned_start <= now;
        self.orders.values_mut().filter(due).filter_map(release_parked).collect()
    }

    fn open(&self, line: LineId) -> impl Iterator<Item = &Order> {
        let of_line = move |order: &&Order| order.line == line.code() && order.status.is_open() && !order.parked;
        self.orders.values().filter(of_line)
    }
}

/// The order as the floor gets it.
pub(super) fn job(order: &Order) -> Job {
    let quantity = u32::try_from(order.quantity.trunc()).unwrap_or(u32::MAX);
    Job { number: order.header.number.clone(), quantity, good: 0, scrap: 0 }
}

/// An order that waited goes to its line.
pub(super) fn release_parked(order: &mut Order) -> Option<Dispatch> {
    order.parked = false;
    let line = LineId::from_code(order.line)?;
    Some(Dispatch::Release { line, job: job(order) })
}

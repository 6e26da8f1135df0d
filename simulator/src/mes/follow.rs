//! One cycle of the MES: what the ERP has planned, and what happened on the floor.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{
    Mes,
    rows::{Job, JobState, Line, Link, Lot, Material, Table, lot_id},
};
use crate::{
    business::board::{JobSeen, Seen},
    erp::{
        Book, lot_number,
        record::{self, OrderStatus, StockType},
    },
    plant::LineId,
};

/// Jobs that are kept: more than the book keeps orders.
const JOBS_MAX: usize = 2_000;

/// Disposition and free status of a lot of this stock type.
fn disposition(stock_type: StockType) -> (bool, &'static str) {
    match stock_type {
        StockType::Unrestricted => (false, "OK"),
        StockType::Quality => (true, "QA_HOLD"),
        StockType::Blocked => (true, "LOCKED"),
    }
}

impl Mes {
    /// Takes over what has changed, in the book and on the floor, whose times are true; the MES's clock is ahead by
    /// `skew`.
    pub(crate) fn follow(&mut self, book: &Book, floor: &Seen, skew: TimeDelta, now: DateTime<Utc>) {
        for material in book.materials.values() {
            if !self.materials.contains_key(&material.code) {
                let (code, name, unit) = (material.code.clone(), material.name.clone(), material.unit.clone());
                self.touch(Table::Material, &code);
                self.materials.insert(code.clone(), Material { code, name, unit });
            }
        }
        for lot in book.lots.values() {
            self.follow_lot(book.code(lot.material_id), lot, now);
        }
        for id in LineId::ALL {
            self.follow_line(id, floor);
        }
        for order in book.orders.values() {
            self.follow_order(book.code(order.material_id), order, floor, skew, now);
        }
        for (id, link) in &book.links {
            self.follow_link(*id, link, book);
        }
        self.archive(book, now);
    }

    /// What the book has archived is deleted here too, and leaves a tombstone.
    fn archive(&mut self, book: &Book, now: DateTime<Utc>) {
        let gone: Vec<i64> = self.seen_lots.keys().filter(|id| !book.lots.contains_key(id)).copied().collect();
        for id in gone {
            self.seen_lots.remove(&id);
            // A test may have deleted it before the book archived it.
            let _ = self.delete_lot(&lot_number(id), true, now);
        }
        let links: Vec<i64> = self.links.keys().filter(|id| !book.links.contains_key(id)).copied().collect();
        for id in links {
            if let Some(link) = self.links.remove(&id) {
                self.deleted.push((Table::Genealogy, link.key()));
            }
        }
        while self.jobs.len() > JOBS_MAX {
            let Some((_, job)) = self.jobs.pop_first() else { return };
            self.deleted.push((Table::JobResponse, job.response_id()));
            self.bury("job", Table::Job, job.id());
        }
    }

    fn follow_lot(&mut self, material: &str, lot: &record::Lot, now: DateTime<Utc>) {
        let id = lot_id(material, &lot.header.number);
        let seen = (lot.stock_type, lot.quantity);
        let before = self.seen_lots.insert(lot.header.id, seen);
        if before == Some(seen) {
            return;
        }
        let (restricted, status) = disposition(lot.stock_type);
        match before {
            None => {
                let new = Lot {
                    id: id.clone(),
                    number: lot.header.number.clone(),
                    material: material.to_owned(),
                    restricted,
                    status: status.to_owned(),
                    quantity: lot.quantity,
                    unit: lot.unit.clone(),
                };
                self.by_number.insert(new.number.clone(), id.clone());
                self.lots.insert(id.clone(), new);
            }
            Some((stock_type, quantity)) => {
                let Some(known) = self.lots.get_mut(&id) else { return };
                if stock_type != lot.stock_type {
                    (known.restricted, known.status) = (restricted, status.to_owned());
                }
                known.quantity = (known.quantity + lot.quantity - quantity).max(Decimal::ZERO);
            }
        }
        self.touch(Table::Lot, &id);
        self.tell_lot(&id, if before.is_none() { "Add" } else { "Change" }, now);
    }

    fn follow_line(&mut self, id: LineId, floor: &Seen) {
        let seen = &floor.lines[id.index()];
        let line = Line {
            code: id.code(),
            state: seen.state.name(),
            order: seen.order.clone(),
            stop_reason: seen.stop_reason.clone(),
        };
        if self.lines.get(id.code()) != Some(&line) {
            self.lines.insert(id.code(), line);
            self.touch(Table::LineState, id.code());
        }
    }

    fn follow_order(
        &mut self,
        material: &str,
        order: &record::Order,
        floor: &Seen,
        skew: TimeDelta,
        now: DateTime<Utc>,
    ) {
        let number = &order.header.number;
        let made = floor.jobs.get(number);
        let state = job_state(order.status, made, floor, number);
        let line = made.map_or(order.line, |made| made.line.code());
        let heard = (state, line.to_owned());
        let is_new = !self.jobs.contains_key(number);
        let job = self.jobs.entry(number.clone()).or_insert_with(|| Job {
            order: number.clone(),
            line: line.to_owned(),
            material: material.to_owned(),
            state,
            planned: order.quantity,
            good: u32::try_from(order.completed_quantity.trunc()).unwrap_or(0),
            scrap: 0,
            unit: order.unit.clone(),
            start: order.planned_start + skew,
            end: order.planned_end + skew,
            started_at: None,
            ended_at: None,
            heard: heard.clone(),
        });
        let before = (job.state, job.line.clone(), job.good, job.scrap, job.ended_at);
        if job.heard != heard {
            (job.state, job.line) = heard.clone();
            job.heard = heard;
        }
        if let Some(made) = made {
            (job.good, job.scrap) = (made.good, made.scrap);
            job.started_at = Some(made.started_at + skew);
            job.ended_at = made.ended_at.map(|at| at + skew);
        }
        let (state_before, state) = (before.0, job.state);
        let is_changed = before != (job.state, job.line.clone(), job.good, job.scrap, job.ended_at);
        if is_new || is_changed {
            self.touch(Table::Job, number);
            self.touch(Table::JobResponse, number);
        }
        if state.response().is_some() && (is_new || state_before != state) {
            self.tell_performance(number, now);
        }
    }

    fn follow_link(&mut self, id: i64, link: &crate::erp::Link, book: &Book) {
        if self.links.contains_key(&id) {
            return;
        }
        let lot = |id: &i64| {
            let lot = book.lots.get(id)?;
            Some((lot.header.number.clone(), book.code(lot.material_id).to_owned()))
        };
        let (Some(parent), Some(child)) = (lot(&link.parent_id), lot(&link.child_id)) else { return };
        let unit = book.lots.get(&link.parent_id).map_or("PCE", |lot| lot.unit.as_str()).to_owned();
        let new = Link { id, parent, child, quantity: link.quantity, unit, order: link.order.clone() };
        self.links.insert(id, new);
        self.touch(Table::Genealogy, &id.to_string());
    }
}

/// The floor is believed before the ERP.
fn job_state(status: OrderStatus, made: Option<&JobSeen>, floor: &Seen, number: &str) -> JobState {
    let Some(made) = made else {
        return match status {
            OrderStatus::Planned => JobState::Queued,
            OrderStatus::Released => JobState::Ready,
            OrderStatus::Started => JobState::Running,
            OrderStatus::Finished => JobState::Done,
            OrderStatus::Cancelled => JobState::Cancelled,
        };
    };
    if made.ended_at.is_some() {
        return JobState::Done;
    }
    let line = &floor.lines[made.line.index()];
    let stands = line.order.as_deref() == Some(number) && line.stop_reason.is_some();
    if stands { JobState::Interrupted } else { JobState::Running }
}

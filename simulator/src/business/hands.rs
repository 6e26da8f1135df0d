//! The hands that tests have on the systems.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use rust_decimal::Decimal;

use super::{Business, BusinessSystem, Deletion, Effect, Fault, LotSeen, Webhook, server::Server};
use crate::{
    clock::wall_now,
    erp::NewOrder,
    plant::{LineId, State},
};

impl Business {
    /// Arms a fault. Nothing happens when the system does not run.
    pub fn inject(&self, system: BusinessSystem, fault: Fault) {
        match system {
            BusinessSystem::Erp => self.erp.iter().for_each(|server| server.inject(fault.clone())),
            BusinessSystem::Mes => self.mes.iter().for_each(|server| server.inject(fault.clone())),
            BusinessSystem::Wms => self.wms.iter().for_each(|server| server.inject(fault.clone())),
        }
    }

    /// Disarms all faults of a system, and ends those that last.
    pub fn heal(&self, system: BusinessSystem) {
        match system {
            BusinessSystem::Erp => self.erp.iter().for_each(Server::disarm),
            BusinessSystem::Mes => self.mes.iter().for_each(Server::disarm),
            BusinessSystem::Wms => self.wms.iter().for_each(Server::disarm),
        }
    }

    /// What clients did to a system, in order.
    pub fn ledger(&self, system: BusinessSystem) -> Vec<Effect> {
        let effects = match system {
            BusinessSystem::Erp => self.erp.as_ref().map(Server::effects),
            BusinessSystem::Mes => self.mes.as_ref().map(Server::effects),
            BusinessSystem::Wms => self.wms.as_ref().map(Server::effects),
        };
        effects.unwrap_or_default()
    }

    /// What a system says of a lot, in its own words: the stock type, the disposition, the status.
    pub fn lot(&self, system: BusinessSystem, number: &str) -> Option<LotSeen> {
        match system {
            BusinessSystem::Erp => self.erp.as_ref()?.held().state.lot(number),
            BusinessSystem::Mes => self.mes.as_ref()?.held().state.lot(number),
            BusinessSystem::Wms => self.wms.as_ref()?.held().state.lot(number),
        }
    }

    /// The id that the WMS has for a lot.
    pub fn wms_lot_id(&self, number: &str) -> Option<i64> {
        self.wms.as_ref()?.held().state.lot_id(number)
    }

    /// Sets a lot's status in one system alone, in its own word; `None` leaves it. Returns false when the system does not
    /// know the lot or the word.
    pub fn set_lot(
        &self,
        system: BusinessSystem,
        number: &str,
        status: Option<&str>,
        quantity: Option<Decimal>,
    ) -> bool {
        let outcome = match system {
            BusinessSystem::Erp => {
                self.erp.as_ref().map(|server| server.change(|state, now| state.set_lot(number, status, quantity, now)))
            }
            BusinessSystem::Mes => {
                self.mes.as_ref().map(|server| server.change(|state, now| state.set_lot(number, status, quantity, now)))
            }
            BusinessSystem::Wms => {
                self.wms.as_ref().map(|server| server.change(|state, now| state.set_lot(number, status, quantity, now)))
            }
        };
        outcome.is_some_and(|outcome| outcome.is_ok())
    }

    /// Lets one system lose a lot. Returns false when it does not know it.
    pub fn delete_lot(&self, system: BusinessSystem, number: &str, deletion: Deletion) -> bool {
        let hard = deletion == Deletion::Hard;
        let outcome = match system {
            BusinessSystem::Erp => {
                self.erp.as_ref().map(|server| server.change(|state, now| state.delete_lot(number, hard, now)))
            }
            BusinessSystem::Mes => {
                self.mes.as_ref().map(|server| server.change(|state, now| state.delete_lot(number, hard, now)))
            }
            BusinessSystem::Wms => {
                self.wms.as_ref().map(|server| server.change(|state, now| state.delete_lot(number, hard, now)))
            }
        };
        outcome.is_some_and(|outcome| outcome.is_ok())
    }

    /// Adds the same lots to every system that runs: `T-0000000` and so on, free to use.
    pub fn add_lots(&self, count: usize) {
        let start = self.added.fetch_add(count, Ordering::Relaxed);
        self.erp.iter().for_each(|server| server.change(|state, now| state.add_lots(start, count, now)));
        self.mes.iter().for_each(|server| server.change(|state, _| state.add_lots(start, count)));
        self.wms.iter().for_each(|server| server.change(|state, now| state.add_lots(start, count, now)));
    }

    /// Plans an order in the ERP, which the other systems hear of in their cycles. The floor gets it at its planned start,
    /// once it is released. Returns its number.
    pub fn create_order(
        &self,
        material: &str,
        line: LineId,
        quantity: u32,
        released: bool,
        starts_in: TimeDelta,
    ) -> String {
        let now = wall_now();
        let planned_start = now + starts_in;
        let order = NewOrder { number: None, material, line, quantity, released, planned_start };
        self.desk.book().add_order(&order, now)
    }

    /// The MES's word for the state of a job.
    pub fn mes_job_state(&self, order: &str) -> Option<&'static str> {
        self.mes.as_ref()?.held().state.job_state(order)
    }

    /// Sets what the MES sees of a line, where no floor runs.
    pub fn set_line(&self, line: LineId, state: State, order: Option<&str>) {
        let mut seen = self.board.seen();
        let line = &mut seen.lines[line.index()];
        line.state = state;
        line.order = order.map(str::to_owned);
    }

    /// Where the WMS announces its events from now on.
    pub fn set_webhook(&self, webhook: Option<Webhook>) {
        self.wms.iter().for_each(|server| server.set_webhook(webhook.clone()));
    }
}

//! What a test does to the MES behind everybody's back.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    Mes,
    rows::{Lot, Table, lot_id},
};
use crate::business::hand::{self, Added, LotSeen};

impl Mes {
    pub(super) fn by_hand(&mut self, name: &str, body: &Value, now: DateTime<Utc>) -> Option<Result<(), String>> {
        Some(match name {
            "lot" => hand::set(body, |lot, status, quantity| self.set_lot(lot, status, quantity, now)),
            "lots" => hand::count(body).map(|(start, count)| self.add_lots(start, count)),
            "delete" => hand::delete(body, |lot, hard| self.delete_lot(lot, hard, now)),
            _ => return None,
        })
    }

    /// What the MES says of a lot: its disposition.
    pub(crate) fn lot(&self, number: &str) -> Option<LotSeen> {
        let lot = self.lots.get(self.by_number.get(number)?)?;
        let deleted = lot.status == "DELETED";
        Some(LotSeen { status: lot.disposition().to_owned(), quantity: lot.quantity, deleted })
    }

    /// The state of a job, in the MES's word.
    pub(crate) fn job_state(&self, order: &str) -> Option<&'static str> {
        self.jobs.get(order).map(|job| job.state.word())
    }

    /// Sets the disposition, or the free status when it is none.
    pub(crate) fn set_lot(
        &mut self,
        number: &str,
        status: Option<&str>,
        quantity: Option<Decimal>,
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        let id = self.by_number.get(number).cloned().ok_or("no such lot")?;
        let lot = self.lots.get_mut(&id).ok_or("no such lot")?;
        match status {
            Some("Restricted") => (lot.restricted, lot.status) = (true, "LOCKED".to_owned()),
            Some("UnRestricted") => (lot.restricted, lot.status) = (false, "OK".to_owned()),
            Some(other) => other.clone_into(&mut lot.status),
            None => {}
        }
        lot.quantity = quantity.unwrap_or(lot.quantity);
        self.touch(Table::Lot, &id);
        self.tell_lot(&id, "Change", now);
        Ok(())
    }

    /// The ERP tells that a lot is restricted or free.
    pub(crate) fn hear_of_hold(&mut self, number: &str, restricted: bool, now: DateTime<Utc>) -> Result<(), String> {
        let known = self.lot(number).ok_or("no such lot")?;
        if (known.status == "Restricted") == restricted {
            return Ok(());
        }
        self.set_lot(number, Some(if restricted { "Restricted" } else { "UnRestricted" }), None, now)
    }

    pub(crate) fn add_lots(&mut self, start: usize, count: usize) {
        for Added { number, material, unit, quantity, bin: _ } in hand::lots(start, count) {
            let id = lot_id(material, &number);
            let lot = Lot {
                id: id.clone(),
                number: number.clone(),
                material: material.to_owned(),
                restricted: false,
                status: "OK".to_owned(),
                quantity,
                unit: unit.to_owned(),
            };
            self.by_number.insert(number, id.clone());
            self.lots.insert(id.clone(), lot);
            self.touch(Table::Lot, &id);
        }
    }

    pub(crate) fn delete_lot(&mut self, number: &str, hard: bool, now: DateTime<Utc>) -> Result<(), String> {
        let id = self.by_number.get(number).cloned().ok_or("no such lot")?;
        if hard {
            self.tell_lot(&id, "Delete", now);
            self.lots.remove(&id);
            self.by_number.remove(number);
            self.bury("lot", Table::Lot, id);
        } else if let Some(lot) = self.lots.get_mut(&id) {
            "DELETED".clone_into(&mut lot.status);
            self.touch(Table::Lot, &id);
        }
        Ok(())
    }
}

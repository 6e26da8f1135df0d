//! What a test does to the warehouse behind everybody's back.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    Wms,
    rows::{Lot, STOCK_IDS, Status, unit},
};
use crate::business::hand::{self, Added, LotSeen};

/// Ids of added lots begin here.
const ADDED_IDS: i64 = 1_000_000;

impl Wms {
    pub(super) fn by_hand(&mut self, name: &str, body: &Value, now: DateTime<Utc>) -> Option<Result<(), String>> {
        Some(match name {
            "lot" => hand::set(body, |lot, status, quantity| self.set_lot(lot, status, quantity, now)),
            "lots" => hand::count(body).map(|(start, count)| self.add_lots(start, count, now)),
            "delete" => hand::delete(body, |lot, hard| self.delete_lot(lot, hard, now)),
            _ => return None,
        })
    }

    fn find(&mut self, number: &str) -> Result<&mut Lot, String> {
        let id = self.by_number.get(number).copied();
        id.and_then(|id| self.lots.get_mut(&id)).ok_or_else(|| "no such lot".to_owned())
    }

    /// What the WMS says of a lot.
    pub(crate) fn lot(&self, number: &str) -> Option<LotSeen> {
        let lot = self.lots.get(self.by_number.get(number)?)?;
        Some(LotSeen { status: lot.status.word().to_owned(), quantity: lot.quantity, deleted: lot.deleted })
    }

    /// The id under which the WMS keeps a lot.
    pub(crate) fn lot_id(&self, number: &str) -> Option<i64> {
        self.by_number.get(number).copied()
    }

    pub(crate) fn set_lot(
        &mut self,
        number: &str,
        status: Option<&str>,
        quantity: Option<Decimal>,
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        let lot = self.find(number)?;
        if let Some(word) = status {
            let status = Status::ALL.into_iter().find(|status| status.word() == word).ok_or("no such status")?;
            if lot.status != Status::Blocked {
                lot.unblocked = lot.status;
            }
            lot.status = status;
        }
        lot.quantity = quantity.unwrap_or(lot.quantity);
        lot.touch(now);
        let id = lot.id;
        self.announce_lot(id, now);
        Ok(())
    }

    pub(crate) fn add_lots(&mut self, start: usize, count: usize, now: DateTime<Utc>) {
        for (Added { number, material, unit: base, quantity, bin }, id) in
            hand::lots(start, count).zip(ADDED_IDS + start as i64..)
        {
            let lot = Lot {
                id,
                number: number.clone(),
                material: material.to_owned(),
                status: Status::Available,
                unblocked: Status::Available,
                reason: None,
                quantity,
                uom: unit(base),
                bin: bin.to_owned(),
                expires_on: None,
                deleted: false,
                created_at: now,
                updated_at: now,
                revision: 1,
            };
            self.lots.insert(id, lot);
            self.by_number.insert(number, id);
        }
    }

    pub(crate) fn delete_lot(&mut self, number: &str, hard: bool, now: DateTime<Utc>) -> Result<(), String> {
        let lot = self.find(number)?;
        let id = lot.id;
        if hard {
            self.lots.remove(&id);
            self.by_number.remove(number);
            self.delete("lots", id, now);
            self.delete("stock", STOCK_IDS + id, now);
            self.announce("lot.deleted", id, now);
        } else {
            lot.deleted = true;
            lot.touch(now);
            self.announce_lot(id, now);
        }
        Ok(())
    }
}

//! What a test does to the ERP behind everybody's back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    Sap,
    rows::{Batch, Stock},
};
use crate::business::hand::{self, Added, LotSeen};

impl Sap {
    pub(super) fn by_hand(&mut self, name: &str, body: &Value, now: DateTime<Utc>) -> Option<Result<(), String>> {
        Some(match name {
            "lot" => hand::set(body, |lot, status, quantity| self.set_lot(lot, status, quantity, now)),
            "lots" => hand::count(body).map(|(start, count)| self.add_lots(start, count, now)),
            "delete" => hand::delete(body, |lot, hard| self.delete_lot(lot, hard, now)),
            _ => return None,
        })
    }

    /// What the ERP says of a lot.
    pub(crate) fn lot(&self, number: &str) -> Option<LotSeen> {
        let batch = self.batches.values().find(|batch| batch.batch == number)?;
        let status = batch.kind().map_or("", Stock::code).to_owned();
        Some(LotSeen { status, quantity: batch.quantity(), deleted: batch.deleted })
    }

    pub(crate) fn set_lot(
        &mut self,
        number: &str,
        status: Option<&str>,
        quantity: Option<Decimal>,
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        let batch = self.batches.values_mut().find(|batch| batch.batch == number).ok_or("no such lot")?;
        if let Some(status) = status {
            let to = Stock::from_code(status).ok_or("the status is not 01, 02, 07 or 08")?;
            for from in Stock::ALL.into_iter().filter(|from| *from != to) {
                batch.convert(from, to);
            }
            batch.restricted = to == Stock::RestrictedUse;
        }
        if let Some(quantity) = quantity {
            let place = batch.stock.keys().next().cloned().unwrap_or(("0WH1".to_owned(), Stock::Unrestricted));
            batch.stock = BTreeMap::from([(place, quantity)]);
        }
        batch.touch(now);
        Ok(())
    }

    pub(crate) fn add_lots(&mut self, start: usize, count: usize, now: DateTime<Utc>) {
        for Added { number, material, unit: _, quantity, bin: _ } in hand::lots(start, count) {
            let unit = self.products.get(material).map_or("PC", |product| product.unit);
            let batch = Batch {
                material: material.to_owned(),
                batch: number.clone(),
                restricted: false,
                deleted: false,
                expires: None,
                unit,
                stock: [(("0WH1".to_owned(), Stock::Unrestricted), quantity)].into(),
                version: 1,
                created_at: now,
                changed_at: None,
            };
            self.batches.insert((material.to_owned(), number), batch);
        }
    }

    pub(crate) fn delete_lot(&mut self, number: &str, hard: bool, now: DateTime<Utc>) -> Result<(), String> {
        let batch = self.batches.values_mut().find(|batch| batch.batch == number).ok_or("no such lot")?;
        if hard {
            let key = (batch.material.clone(), batch.batch.clone());
            self.batches.remove(&key);
        } else {
            batch.deleted = true;
            batch.touch(now);
        }
        Ok(())
    }
}

//! What a stretch of the journal touches of what readiness is computed from.

use std::collections::HashSet;

use model::{
    BillItemId, LotId, MaterialId, OrderId, SubjectType,
    entity::{bill_item, external_reference, job_order, material_lot, staging_task},
    journal::{ChangeKind, Entry},
};

use crate::error::Error;

/// How a row before a change tells that its record was gone.
const WAS_ABSENT: &str = "\"absent_since\":\"";

/// Orders, and what others are made of.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub orders: HashSet<OrderId>,
    pub materials: HashSet<MaterialId>,
    pub lots: HashSet<LotId>,
    pub bill: HashSet<BillItemId>,
}

impl Touched {
    /// Number of things touched.
    pub(super) fn len(&self) -> usize {
        self.orders.len() + self.materials.len() + self.lots.len() + self.bill.len()
    }

    /// Adds what a row of the journal touches. What this job itself writes touches nothing.
    pub(super) fn add(&mut self, entry: &Entry) -> Result<(), Error> {
        let id = entry.row.subject_id;
        match entry.row.subject_type {
            SubjectType::ProductionOrder => _ = self.orders.insert(OrderId(id)),
            SubjectType::Material => _ = self.materials.insert(MaterialId(id)),
            SubjectType::JobOrder if entry.row.kind != ChangeKind::ReadinessChanged => {
                self.orders.insert(entry.after::<job_order::Model>()?.order_id);
            }
            SubjectType::MaterialLot => {
                self.materials.insert(entry.after::<material_lot::Model>()?.material_id);
                self.materials.extend(entry.before::<material_lot::Model>()?.map(|lot| lot.material_id));
            }
            SubjectType::BillItem => {
                self.materials.insert(entry.after::<bill_item::Model>()?.material_id);
                self.materials.extend(entry.before::<bill_item::Model>()?.map(|item| item.material_id));
            }
            SubjectType::StagingTask => {
                self.orders.extend(entry.after::<staging_task::Model>()?.order_id);
                self.orders.extend(entry.before::<staging_task::Model>()?.and_then(|task| task.order_id));
            }
            SubjectType::ExternalReference => self.appearance(entry)?,
            _ => {}
        }
        Ok(())
    }

    /// A record that went, or came back, without a change of its subject.
    fn appearance(&mut self, entry: &Entry) -> Result<(), Error> {
        let was_absent = entry.row.before.as_deref().is_some_and(|before| before.contains(WAS_ABSENT));
        if entry.row.kind != ChangeKind::RecordAbsent && !was_absent {
            return Ok(());
        }
        let record = entry.after::<external_reference::Model>()?;
        match record.subject_type {
            SubjectType::MaterialLot => _ = self.lots.insert(LotId(record.subject_id)),
            SubjectType::BillItem => _ = self.bill.insert(BillItemId(record.subject_id)),
            _ => {}
        }
        Ok(())
    }
}

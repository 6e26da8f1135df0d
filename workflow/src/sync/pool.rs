//! Rows of one kind that a page reads and changes: each is journalled at every change and written once, at the end.

use std::collections::HashMap;

use model::{entity::subject::Subject, journal::ChangeKind, store::Tx};
use uuid::Uuid;

use crate::error::Error;

/// The rows of one kind.
pub(super) struct Pool<E: Subject> {
    slots: HashMap<Uuid, Slot<E::Model>>,
    /// In the order in which they were changed, so that what refers to another is written after it.
    changed: Vec<Uuid>,
}

struct Slot<M> {
    /// As the database has it; `None`: not yet.
    stored: Option<M>,
    row: M,
}

impl<E: Subject> Default for Pool<E> {
    fn default() -> Self {
        Self { slots: HashMap::new(), changed: Vec::new() }
    }
}

impl<E: Subject> Pool<E>
where
    E::Model: PartialEq,
{
    /// Takes up a row that the database has.
    pub(super) fn hold(&mut self, row: E::Model) {
        self.slots.entry(E::id(&row)).or_insert_with(|| Slot { stored: Some(row.clone()), row });
    }

    /// The row, as the page has it now.
    pub(super) fn get(&self, id: Uuid) -> Option<&E::Model> {
        self.slots.get(&id).map(|slot| &slot.row)
    }

    /// Creates or changes a row; one that is as it was is left alone.
    pub(super) fn put(&mut self, tx: &mut Tx, mut row: E::Model, change: ChangeKind) -> Result<bool, Error> {
        let id = E::id(&row);
        match self.slots.get_mut(&id) {
            None => {
                let row = tx.announce::<E>(row, ChangeKind::Created)?;
                self.slots.insert(id, Slot { stored: None, row });
                self.changed.push(id);
            }
            Some(slot) => {
                E::set_revision(&mut row, E::revision(&slot.row));
                if slot.row == row {
                    return Ok(false);
                }
                if slot.stored.as_ref().is_some_and(|stored| *stored == slot.row) {
                    self.changed.push(id);
                }
                slot.row = tx.advance::<E>(&slot.row, row, change)?;
            }
        }
        Ok(true)
    }

    /// Writes what was changed; returns the ids.
    pub(super) async fn flush(&mut self, tx: &mut Tx) -> Result<Vec<Uuid>, Error> {
        let changed = std::mem::take(&mut self.changed);
        let mut created = Vec::new();
        for id in &changed {
            let slot = &self.slots[id];
            match &slot.stored {
                None => created.push(slot.row.clone()),
                Some(stored) => tx.save::<E>(stored, &slot.row).await?,
            }
        }
        tx.insert_many::<E>(created).await?;
        for id in &changed {
            if let Some(slot) = self.slots.get_mut(id) {
                slot.stored = Some(slot.row.clone());
            }
        }
        Ok(changed)
    }
}

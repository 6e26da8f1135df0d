//! Records that could not be applied, kept until they can.

use std::collections::HashMap;

use model::{DeadLetterId, entity::dead_letter, journal::ChangeKind, store::Tx};

use crate::{
    error::Error,
    sync::{
        Record,
        apply::{Key, PageContext, is_older},
        check::Refused,
    },
};

/// The letters of a page's records that wait.
#[derive(Default)]
pub(super) struct Letters(HashMap<Key, dead_letter::Model>);

impl Letters {
    /// Adds what the database has.
    pub(super) fn extend(&mut self, rows: Vec<dead_letter::Model>) {
        self.0.extend(rows.into_iter().map(|row| ((row.external_model.clone(), row.external_id.clone()), row)));
    }

    /// Whether a letter waits for a record.
    pub(super) fn waits_for(&self, record: &Record) -> bool {
        self.0.contains_key(&record.key())
    }

    /// Keeps a refused record; `false` when a newer version of it waits already.
    pub(super) async fn keep(
        &mut self,
        tx: &mut Tx,
        context: PageContext<'_>,
        record: &Record,
        refused: Refused,
    ) -> Result<bool, Error> {
        let before = self.0.get(&record.key());
        let after = dead_letter::Model {
            id: before.map_or_else(DeadLetterId::new, |row| row.id),
            plant_id: context.plant,
            source_id: context.source,
            stream: context.stream.to_owned(),
            external_model: record.external_model.clone(),
            external_id: record.external_id.clone(),
            code: refused.code.as_str().to_owned(),
            message: refused.message,
            mapping_version: context.mapping_version.to_owned(),
            payload: serde_json::to_string(record)?,
            at: tx.at(),
            resolved_at: None,
            attempts: 0,
            next_retry_at: None,
            revision: 0,
        };
        let row = match before {
            Some(before) if before.code == after.code && before.payload == after.payload => return Ok(true),
            Some(before) if is_older(record.source_time, letter_time(before)?) => return Ok(false),
            Some(before) => tx.update::<dead_letter::Entity>(before, after, ChangeKind::DeadLettered).await?,
            None => tx.create::<dead_letter::Entity>(after, ChangeKind::DeadLettered).await?,
        };
        self.0.insert(record.key(), row);
        Ok(true)
    }

    /// The record is applied after all: its letter no longer waits, unless it is about a newer version.
    pub(super) async fn resolve(&mut self, tx: &mut Tx, record: &Record) -> Result<(), Error> {
        let Some(letter) = self.0.get(&record.key()) else { return Ok(()) };
        if is_older(record.source_time, letter_time(letter)?) {
            return Ok(());
        }
        let after = dead_letter::Model { resolved_at: Some(tx.at()), ..letter.clone() };
        tx.update::<dead_letter::Entity>(letter, after, ChangeKind::DeadLetterResolved).await?;
        self.0.remove(&record.key());
        Ok(())
    }
}

/// When the system says that the refused record was changed.
fn letter_time(letter: &dead_letter::Model) -> Result<Option<chrono::DateTime<chrono::Utc>>, Error> {
    Ok(serde_json::from_str::<Record>(&letter.payload)?.source_time)
}

//! Retention: removes the oldest rows and moves the floor, from which the chain goes on.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait};

use crate::{
    entity::{journal, journal_head},
    error::{Doing, Error},
    store::Store,
};

/// Rows removed per transaction: keeps the head row locked for milliseconds only.
const CHUNK_ROWS: i64 = 2_000;

impl Store {
    /// Removes rows recorded before `cutoff`, in chunks; returns how many. The last row always stays.
    pub async fn prune_journal(&self, cutoff: DateTime<Utc>) -> Result<i64, Error> {
        let mut removed = 0;
        loop {
            let chunk = self.prune_chunk(cutoff).await?;
            removed += chunk;
            if chunk < CHUNK_ROWS {
                return Ok(removed);
            }
        }
    }

    async fn prune_chunk(&self, cutoff: DateTime<Utc>) -> Result<i64, Error> {
        const DOING: &str = "prune the journal";
        let tx = self.writer().begin_with_options(self.transaction_options()).await.doing(DOING)?;
        let head = journal_head::Entity::find_by_id(1)
            .lock_exclusive()
            .one(&tx)
            .await
            .doing(DOING)?
            .ok_or_else(|| Error::Unsuitable("the journal has no head; run `plantgraph migrate`".into()))?;
        let kept = journal::Entity::find()
            .filter(journal::Column::At.gte(cutoff))
            .order_by_asc(journal::Column::Pos)
            .limit(1)
            .one(&tx)
            .await
            .doing(DOING)?;
        let until = kept.map_or(head.pos, |row| row.pos).saturating_sub(1).min(head.floor_pos + CHUNK_ROWS);
        let Some(last) = journal::Entity::find_by_id(until).one(&tx).await.doing(DOING)? else {
            return Ok(0);
        };
        let floor = journal_head::ActiveModel {
            id: Set(1),
            floor_pos: Set(until),
            floor_hash: Set(last.hash),
            ..Default::default()
        };
        journal_head::Entity::update(floor).exec(&tx).await.doing(DOING)?;
        journal::Entity::delete_many().filter(journal::Column::Pos.lte(until)).exec(&tx).await.doing(DOING)?;
        tx.commit().await.doing(DOING)?;
        Ok(until - head.floor_pos)
    }
}

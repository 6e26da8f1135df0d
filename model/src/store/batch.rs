//! Lookups of many rows at once, in statements of bounded length.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Value};
use uuid::Uuid;

use crate::{
    entity::subject::Subject,
    error::{Doing, Error},
    ids::PlantId,
    store::{Page, PageRequest, Tx, View},
};

/// Values of one IN list at most. PostgreSQL plans a longer one more slowly than it answers two, and SQLite takes 32,766.
const IN_MAX: usize = 1_000;

impl Tx {
    /// The subjects with these ids, in any plant: for jobs.
    pub async fn job_by_ids<E: Subject>(&self, ids: &[Uuid]) -> Result<Vec<E::Model>, Error> {
        self.job_in::<E, _>(Condition::all(), E::ID, ids).await
    }

    /// The rows that meet a condition and have one of these values in a column.
    pub(super) async fn job_in<E, V>(
        &self,
        condition: Condition,
        column: E::Column,
        values: &[V],
    ) -> Result<Vec<E::Model>, Error>
    where
        E: EntityTrait,
        V: Clone + Into<Value>,
    {
        let mut found = Vec::new();
        for chunk in values.chunks(IN_MAX) {
            let select = E::find().filter(condition.clone()).filter(column.is_in(chunk.iter().cloned()));
            found.extend(select.all(self.connection()).await.doing("find rows by their keys")?);
        }
        Ok(found)
    }

    /// The rows of a plant with these words in a column.
    pub(super) async fn job_of_plant<E: Subject>(
        &self,
        plant: PlantId,
        column: E::Column,
        words: &[String],
    ) -> Result<Vec<E::Model>, Error> {
        self.job_in::<E, _>(of_plant::<E>(Some(plant)), column, words).await
    }
}

impl View {
    /// The visible rows of these plants with these words in a column.
    pub(super) async fn of_plants<E: Subject>(
        &self,
        plants: &[PlantId],
        column: E::Column,
        words: &[String],
    ) -> Result<Vec<E::Model>, Error> {
        let plant = E::PLANT.map(|plant| plant.is_in(plants.iter().copied()));
        let words = column.is_in(words.iter().map(String::as_str));
        self.all::<E>(Condition::all().add_option(plant).add(words)).await
    }

    /// The visible rows that have one of these values in a column.
    pub(super) async fn having<E, V>(&self, column: E::Column, values: &[V]) -> Result<Vec<E::Model>, Error>
    where
        E: Subject,
        V: Clone + Into<Value>,
    {
        self.all::<E>(Condition::all().add(column.is_in(values.iter().cloned()))).await
    }

    /// A stretch of the visible rows, of one plant if given, that meet a condition.
    pub(super) async fn page_of_plant<E: Subject>(
        &self,
        plant: Option<PlantId>,
        condition: Condition,
        request: PageRequest,
    ) -> Result<Page<E::Model>, Error> {
        self.page::<E>(of_plant::<E>(plant).add(condition), request).await
    }

    /// Number of the same rows.
    pub(super) async fn count_of_plant<E>(&self, plant: Option<PlantId>, condition: Condition) -> Result<u64, Error>
    where
        E: Subject,
        E::Model: sea_orm::FromQueryResult,
    {
        self.count::<E>(of_plant::<E>(plant).add(condition)).await
    }
}

fn of_plant<E: Subject>(plant: Option<PlantId>) -> Condition {
    Condition::all().add_option(E::PLANT.zip(plant).map(|(column, plant)| column.eq(plant)))
}

/// One half of the pairs, each once.
pub(super) fn halves<P, V: Clone + Eq + std::hash::Hash>(pairs: &[P], half: impl Fn(&P) -> &V) -> Vec<V> {
    pairs.iter().map(half).collect::<HashSet<_>>().into_iter().cloned().collect()
}

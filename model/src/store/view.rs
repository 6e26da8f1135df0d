//! Reading inside a scope.

use sea_orm::{ColumnTrait, Condition, DatabaseConnection, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::{
    entity::subject::Subject,
    error::{Doing, Error},
    scope::Scope,
    state::{CaseClass, CaseState},
    store::Store,
};

/// Rows that one lookup by parents returns at most. A parent with more is paged through a connection.
pub const CHILDREN_MAX: u64 = 5_000;

/// The database as one caller may see it.
#[derive(Clone, Debug)]
pub struct View {
    connection: DatabaseConnection,
    scope: Scope,
}

impl Store {
    /// The database inside a scope.
    pub fn view(&self, scope: Scope) -> View {
        View { connection: self.reader().clone(), scope }
    }
}

/// A stretch of a list that is ordered by id, that is by age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Only rows after this id.
    pub after: Option<Uuid>,
    /// Only rows before this id.
    pub before: Option<Uuid>,
    /// Rows at most.
    pub limit: u64,
    /// Take them from the end of the stretch; they are returned in order all the same.
    pub backward: bool,
}

/// A stretch of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// Whether rows follow.
    pub has_next: bool,
    /// Whether rows precede.
    pub has_previous: bool,
}

/// Which cases to list. An empty list does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Only these states.
    pub states: Vec<CaseState>,
    /// Only these classes.
    pub classes: Vec<CaseClass>,
    /// Only cases that are not closed or cancelled.
    pub open_only: bool,
}

impl View {
    /// The scope.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The visible ones of these rows.
    pub async fn by_ids<E: Subject>(&self, ids: &[Uuid]) -> Result<Vec<E::Model>, Error> {
        self.select::<E>().filter(E::ID.is_in(ids.iter().copied())).all(&self.connection).await.doing("read rows by id")
    }

    /// The row with this id, if it is visible.
    pub async fn by_id<E: Subject>(&self, id: Uuid) -> Result<Option<E::Model>, Error> {
        Ok(self.by_ids::<E>(&[id]).await?.pop())
    }

    /// All visible rows that meet a condition, oldest first.
    pub(super) async fn all<E: Subject>(&self, condition: Condition) -> Result<Vec<E::Model>, Error> {
        self.select::<E>()
            .filter(condition)
            .order_by_asc(E::ID)
            .limit(CHILDREN_MAX)
            .all(&self.connection)
            .await
            .doing("read rows")
    }

    /// Number of visible rows that meet a condition.
    pub(super) async fn count<E>(&self, condition: Condition) -> Result<u64, Error>
    where
        E: Subject,
        E::Model: sea_orm::FromQueryResult,
    {
        let count: Option<i64> = self
            .select::<E>()
            .filter(condition)
            .select_only()
            .expr(E::ID.count())
            .into_tuple()
            .one(&self.connection)
            .await
            .doing("count rows")?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// A stretch of the visible rows that meet a condition. Keyset paging: one more row than asked tells whether there are more.
    pub(super) async fn page<E: Subject>(
        &self,
        condition: Condition,
        request: PageRequest,
    ) -> Result<Page<E::Model>, Error> {
        let mut select = self.select::<E>().filter(condition);
        if let Some(after) = request.after {
            select = select.filter(E::ID.gt(after));
        }
        if let Some(before) = request.before {
            select = select.filter(E::ID.lt(before));
        }
        select = if request.backward { select.order_by_desc(E::ID) } else { select.order_by_asc(E::ID) };
        let mut rows = select.limit(request.limit + 1).all(&self.connection).await.doing("read a page")?;
        let more = rows.len() as u64 > request.limit;
        rows.truncate(request.limit as usize);
        let (has_next, has_previous) =
            if request.backward { (request.before.is_some(), more) } else { (more, request.after.is_some()) };
        if request.backward {
            rows.reverse();
        }
        Ok(Page { rows, has_next, has_previous })
    }

    /// The wall: rows without a plant are visible to nobody here.
    fn select<E: Subject>(&self) -> Select<E> {
        match E::PLANT {
            Some(plant) => E::find().filter(plant.is_in(self.scope.plants())),
            None => E::find().filter(E::ID.is_null()),
        }
    }

    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }
}

//! A write: changes of subjects and their journal rows in one transaction.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, TransactionTrait,
};
use uuid::Uuid;

use crate::{
    entity::{journal, journal_head, subject::Subject},
    error::{Doing, Error},
    journal::{ChangeKind, row_hash},
    scope::Scope,
    store::{Store, connect::database_now},
};

/// Values that one INSERT carries at most: SQLite takes 32,766, PostgreSQL 65,535.
const INSERT_VALUES_MAX: usize = 30_000;
/// Columns of a journal row.
const JOURNAL_COLUMNS: usize = 13;
/// Values of one IN list at most. PostgreSQL plans a longer one more slowly than it answers two, and SQLite takes 32,766.
const IN_MAX: usize = 1_000;

/// Who acts, and in answer to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// An account, or `system:…` for a job.
    pub name: String,
    /// What it reacts to.
    pub cause: String,
    /// Joins the rows of one request or batch.
    pub correlation: Uuid,
}

impl Actor {
    /// A job of the process.
    pub fn system(job: &str, cause: impl Into<String>) -> Self {
        Self { name: format!("system:{job}"), cause: cause.into(), correlation: Uuid::now_v7() }
    }

    /// A person or a service account.
    pub fn account(subject: &str, cause: impl Into<String>) -> Self {
        Self { name: subject.to_owned(), cause: cause.into(), correlation: Uuid::now_v7() }
    }
}

/// An open write. Dropped without [`Tx::commit`], it leaves no trace.
#[derive(Debug)]
pub struct Tx {
    connection: DatabaseTransaction,
    store: Store,
    actor: Actor,
    at: DateTime<Utc>,
    rows: Vec<journal::Model>,
}

impl Store {
    /// Begins a write. On SQLite it waits for its turn: there is one writer.
    pub async fn begin(&self, actor: Actor) -> Result<Tx, Error> {
        let connection =
            self.writer().begin_with_options(self.transaction_options()).await.doing("begin a transaction")?;
        let at = database_now(&connection, self.database(), self.clock()).await?;
        Ok(Tx { connection, store: self.clone(), actor, at, rows: Vec::new() })
    }
}

impl Tx {
    /// The time of this write, on the database's clock.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Number of journal rows so far: zero means that nothing changed.
    pub fn changes(&self) -> usize {
        self.rows.len()
    }

    /// What this write journals so far, without positions yet.
    pub fn recorded(&self) -> &[journal::Model] {
        &self.rows
    }

    /// Creates a subject; its revision becomes 1.
    pub async fn create<E: Subject>(&mut self, mut row: E::Model, kind: ChangeKind) -> Result<E::Model, Error> {
        E::set_revision(&mut row, 1);
        E::insert(row.clone().into_active_model().reset_all())
            .exec_without_returning(&self.connection)
            .await
            .doing("create a row")?;
        self.record::<E>(None, &row, kind)?;
        Ok(row)
    }

    /// Creates many subjects in few statements.
    pub async fn create_many<E: Subject>(&mut self, rows: Vec<E::Model>, kind: ChangeKind) -> Result<(), Error> {
        let columns = <E::Column as sea_orm::Iterable>::iter().count();
        for chunk in rows.chunks((INSERT_VALUES_MAX / columns).max(1)) {
            let mut created = Vec::with_capacity(chunk.len());
            for row in chunk {
                let mut row = row.clone();
                E::set_revision(&mut row, 1);
                self.record::<E>(None, &row, kind)?;
                created.push(row.into_active_model().reset_all());
            }
            E::insert_many(created).exec_without_returning(&self.connection).await.doing("create rows")?;
        }
        Ok(())
    }

    /// Journals a creation without writing the row yet: for rows that may change again in one batch. End with
    /// [`Tx::insert_many`].
    pub fn announce<E: Subject>(&mut self, mut row: E::Model, kind: ChangeKind) -> Result<E::Model, Error> {
        E::set_revision(&mut row, 1);
        self.record::<E>(None, &row, kind)?;
        Ok(row)
    }

    /// Writes rows that were [announced](Tx::announce), in few statements.
    pub async fn insert_many<E: Subject>(&mut self, rows: Vec<E::Model>) -> Result<(), Error> {
        let columns = <E::Column as sea_orm::Iterable>::iter().count();
        for chunk in rows.chunks((INSERT_VALUES_MAX / columns).max(1)) {
            let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
            E::insert_many(rows).exec_without_returning(&self.connection).await.doing("create rows")?;
        }
        Ok(())
    }

    /// Replaces a subject; its revision grows by one. Returns the row as stored.
    ///
    /// # Errors
    /// [`Error::Stale`] when the row is not `before` any more.
    pub async fn update<E: Subject>(
        &mut self,
        before: &E::Model,
        after: E::Model,
        kind: ChangeKind,
    ) -> Result<E::Model, Error> {
        let after = self.advance::<E>(before, after, kind)?;
        self.save::<E>(before, &after).await?;
        Ok(after)
    }

    /// Journals a change without writing the row yet: for several changes of one row in one batch. End with [`Tx::save`].
    pub fn advance<E: Subject>(
        &mut self,
        before: &E::Model,
        mut after: E::Model,
        kind: ChangeKind,
    ) -> Result<E::Model, Error> {
        E::set_revision(&mut after, E::revision(before) + 1);
        self.record::<E>(Some(before), &after, kind)?;
        Ok(after)
    }

    /// Writes a row that was [advanced](Tx::advance) from `stored`.
    pub async fn save<E: Subject>(&mut self, stored: &E::Model, row: &E::Model) -> Result<(), Error> {
        let saved = E::update_many()
            .set(row.clone().into_active_model().reset_all())
            .filter(E::ID.eq(E::id(row)))
            .filter(E::REVISION.eq(E::revision(stored)))
            .exec(&self.connection)
            .await
            .doing("save a row")?;
        match saved.rows_affected {
            1 => Ok(()),
            _ => Err(Error::Stale { subject: E::TYPE, id: E::id(row) }),
        }
    }

    /// The subject with this id, in any plant: for jobs.
    pub async fn job_find<E: Subject>(&self, id: Uuid) -> Result<Option<E::Model>, Error> {
        E::find().filter(E::ID.eq(id)).one(&self.connection).await.doing("find a row")
    }

    /// The subject with this id, in any plant, locked until the end of the write: for jobs.
    pub async fn job_lock<E: Subject>(&self, id: Uuid) -> Result<Option<E::Model>, Error> {
        E::find().filter(E::ID.eq(id)).lock_exclusive().one(&self.connection).await.doing("lock a row")
    }

    /// The subjects with these ids, in any plant, locked until the end of the write: for jobs. Always locked in the order of
    /// their ids, so that two writers of many rows wait for each other and never in a ring.
    pub async fn job_lock_many<E: Subject>(&self, ids: &[Uuid]) -> Result<Vec<E::Model>, Error> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(IN_MAX) {
            let select = E::find().filter(E::ID.is_in(chunk.iter().copied())).order_by_asc(E::ID).lock_exclusive();
            found.extend(select.all(&self.connection).await.doing("lock rows")?);
        }
        Ok(found)
    }

    /// The subject with this id if it is in scope, locked until the end of the write. Two writers of one case meet here.
    pub async fn lock<E: Subject>(&self, scope: &Scope, id: Uuid) -> Result<Option<E::Model>, Error> {
        let row = self.job_lock::<E>(id).await?;
        Ok(row.filter(|row| E::plant(row).is_some_and(|plant| scope.contains(plant))))
    }

    /// Commits: takes the head of the journal, writes the rows behind it, and lets go. Returns the last position.
    pub async fn commit(mut self) -> Result<i64, Error> {
        const DOING: &str = "commit to the journal";
        if self.rows.is_empty() {
            self.connection.commit().await.doing(DOING)?;
            return Ok(0);
        }
        let head = journal_head::Entity::find_by_id(1)
            .lock_exclusive()
            .one(&self.connection)
            .await
            .doing(DOING)?
            .ok_or_else(|| Error::Unsuitable("the journal has no head; run `plantgraph migrate`".into()))?;
        let (pos, hash) = chain(&mut self.rows, head.pos, head.hash);
        for chunk in self.rows.chunks(INSERT_VALUES_MAX / JOURNAL_COLUMNS) {
            let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
            journal::Entity::insert_many(rows).exec_without_returning(&self.connection).await.doing(DOING)?;
        }
        let head = journal_head::ActiveModel { id: Set(1), pos: Set(pos), hash: Set(hash), ..Default::default() };
        journal_head::Entity::update_many()
            .set(head)
            .filter(journal_head::Column::Id.eq(1))
            .exec(&self.connection)
            .await
            .doing(DOING)?;
        self.connection.commit().await.doing(DOING)?;
        self.store.wake_up();
        Ok(pos)
    }

    pub(crate) fn connection(&self) -> &DatabaseTransaction {
        &self.connection
    }

    fn record<E: Subject>(
        &mut self,
        before: Option<&E::Model>,
        after: &E::Model,
        kind: ChangeKind,
    ) -> Result<(), Error> {
        self.rows.push(journal::Model {
            pos: 0,
            at: self.at,
            plant_id: E::plant(after),
            subject_type: E::TYPE,
            subject_id: E::id(after),
            revision: E::revision(after),
            kind,
            before: before.map(serde_json::to_string).transpose()?,
            after: serde_json::to_string(after)?,
            actor: self.actor.name.clone(),
            cause: self.actor.cause.clone(),
            correlation: self.actor.correlation,
            hash: Vec::new(),
        });
        Ok(())
    }
}

/// Gives the rows their positions and hashes; returns the new head.
fn chain(rows: &mut [journal::Model], mut pos: i64, mut hash: Vec<u8>) -> (i64, Vec<u8>) {
    for row in rows {
        pos += 1;
        row.pos = pos;
        row.hash = row_hash(&hash, row);
        hash.clone_from(&row.hash);
    }
    (pos, hash)
}

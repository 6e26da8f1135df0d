//! Durable timers.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::LockBehavior,
    sea_query::LockType,
};

use crate::{
    entity::timer::{self, TimerKind, TimerState},
    error::{Doing, Error},
    ids::{CaseId, LineId, TimerId},
    store::{Store, Tx},
};

impl Store {
    /// Timers that are due, oldest first, at most `limit`.
    pub async fn job_due_timers(&self, now: DateTime<Utc>, limit: u64) -> Result<Vec<TimerId>, Error> {
        let due = timer::Entity::find()
            .filter(timer::Column::State.eq(TimerState::Pending))
            .filter(timer::Column::DueAt.lte(now))
            .order_by_asc(timer::Column::DueAt)
            .limit(limit)
            .all(self.reader())
            .await
            .doing("read due timers")?;
        Ok(due.into_iter().map(|timer| timer.id).collect())
    }
}

impl Tx {
    /// The timer if it is still pending, locked; `None` when it was cancelled, has fired, or another replica is at it.
    pub async fn job_take_timer(&self, id: TimerId) -> Result<Option<timer::Model>, Error> {
        let found = timer::Entity::find_by_id(id)
            .filter(timer::Column::State.eq(TimerState::Pending))
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .one(self.connection())
            .await
            .doing("take a timer")?;
        Ok(found)
    }

    /// The pending timers of a case.
    pub async fn job_timers_of_case(&self, case: CaseId) -> Result<Vec<timer::Model>, Error> {
        timer::Entity::find()
            .filter(timer::Column::CaseId.eq(case))
            .filter(timer::Column::State.eq(TimerState::Pending))
            .all(self.connection())
            .await
            .doing("read timers")
    }

    /// The pending timer of a kind that watches a line.
    pub async fn job_timer_of_line(&self, kind: TimerKind, line: LineId) -> Result<Option<timer::Model>, Error> {
        timer::Entity::find()
            .filter(timer::Column::LineId.eq(line))
            .filter(timer::Column::Kind.eq(kind))
            .filter(timer::Column::State.eq(TimerState::Pending))
            .one(self.connection())
            .await
            .doing("find a timer")
    }

    /// The pending timers of a kind that watch these subjects.
    pub async fn job_timers_of_subjects(
        &self,
        kind: TimerKind,
        subjects: &[uuid::Uuid],
    ) -> Result<Vec<timer::Model>, Error> {
        let pending =
            Condition::all().add(timer::Column::Kind.eq(kind)).add(timer::Column::State.eq(TimerState::Pending));
        self.job_in::<timer::Entity, _>(pending, timer::Column::SubjectId, subjects).await
    }
}

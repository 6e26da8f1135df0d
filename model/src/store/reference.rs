//! Links of systems' own ids to subjects, many at once, and what was decided about contradictions.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    entity::{accepted_difference, external_reference, source_system, stream_cursor, subject::SubjectType},
    error::{Doing, Error},
    ids::SourceId,
    store::{Store, Tx, View},
};

impl View {
    /// The references of all systems to these subjects.
    pub async fn references_of(&self, subjects: &[Uuid]) -> Result<Vec<external_reference::Model>, Error> {
        self.having::<external_reference::Entity, _>(external_reference::Column::SubjectId, subjects).await
    }

    /// The accepted differences of these subjects, ended ones included.
    pub async fn accepted_differences_of(&self, subjects: &[Uuid]) -> Result<Vec<accepted_difference::Model>, Error> {
        self.having::<accepted_difference::Entity, _>(accepted_difference::Column::SubjectId, subjects).await
    }

    /// The streams of those of these sources that are visible, by name.
    pub async fn streams_of(&self, sources: &[SourceId]) -> Result<Vec<stream_cursor::Model>, Error> {
        let ids: Vec<_> = sources.iter().map(|source| source.0).collect();
        let visible = self.by_ids::<source_system::Entity>(&ids).await?;
        stream_cursor::Entity::find()
            .filter(stream_cursor::Column::SourceId.is_in(visible.iter().map(|source| source.id)))
            .order_by_asc(stream_cursor::Column::Stream)
            .all(self.connection())
            .await
            .doing("read the streams of a source")
    }
}

impl Store {
    /// The references to subjects of one kind that their systems still have, at most `limit`.
    pub async fn job_references_of_kind(
        &self,
        kind: SubjectType,
        limit: u64,
    ) -> Result<Vec<external_reference::Model>, Error> {
        external_reference::Entity::find()
            .filter(external_reference::Column::SubjectType.eq(kind))
            .filter(external_reference::Column::AbsentSince.is_null())
            .order_by_asc(external_reference::Column::Id)
            .limit(limit)
            .all(self.reader())
            .await
            .doing("read references")
    }
}

impl Tx {
    /// The references of all systems to these subjects.
    pub async fn job_references_of_many(&self, subjects: &[Uuid]) -> Result<Vec<external_reference::Model>, Error> {
        self.job_in::<external_reference::Entity, _>(Condition::all(), external_reference::Column::SubjectId, subjects)
            .await
    }

    /// The references of a source to subjects of a kind, by the source's own ids, whatever it calls the kind of record.
    pub async fn job_references_by_ids_of_kind(
        &self,
        source: SourceId,
        kind: SubjectType,
        ids: &[String],
    ) -> Result<Vec<external_reference::Model>, Error> {
        let of_kind = Condition::all()
            .add(external_reference::Column::SourceId.eq(source))
            .add(external_reference::Column::SubjectType.eq(kind));
        self.job_in::<external_reference::Entity, _>(of_kind, external_reference::Column::ExternalId, ids).await
    }

    /// The accepted differences of these subjects that have not ended.
    pub async fn job_accepted_differences_of(
        &self,
        subjects: &[Uuid],
    ) -> Result<Vec<accepted_difference::Model>, Error> {
        let current = Condition::all().add(accepted_difference::Column::EndedAt.is_null());
        self.job_in::<accepted_difference::Entity, _>(current, accepted_difference::Column::SubjectId, subjects).await
    }
}

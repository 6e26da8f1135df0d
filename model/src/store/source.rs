//! Source systems, references, claims, cursors of streams, dead letters, commands.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    entity::{
        claim,
        command::{self, CommandState},
        dead_letter, external_reference, source_system, stream_cursor,
        subject::SubjectType,
    },
    error::{Doing, Error},
    ids::{CaseId, PlantId, SourceId},
    store::{Page, PageRequest, Store, Tx, View},
};

impl View {
    /// The source systems of these plants.
    pub async fn sources_of(&self, plants: &[PlantId]) -> Result<Vec<source_system::Model>, Error> {
        self.all::<source_system::Entity>(
            Condition::all().add(source_system::Column::PlantId.is_in(plants.iter().copied())),
        )
        .await
    }

    /// The claims on these subjects.
    pub async fn claims_of(&self, kind: SubjectType, subjects: &[Uuid]) -> Result<Vec<claim::Model>, Error> {
        self.all::<claim::Entity>(
            Condition::all()
                .add(claim::Column::SubjectType.eq(kind))
                .add(claim::Column::SubjectId.is_in(subjects.iter().copied())),
        )
        .await
    }

    /// A stretch of the records of a source that wait to be applied.
    pub async fn dead_letters_page(
        &self,
        source: SourceId,
        request: PageRequest,
    ) -> Result<Page<dead_letter::Model>, Error> {
        self.page::<dead_letter::Entity>(waiting(source), request).await
    }

    /// Number of the same records.
    pub async fn dead_letters_count(&self, source: SourceId) -> Result<u64, Error> {
        self.count::<dead_letter::Entity>(waiting(source)).await
    }

    /// The commands of these cases.
    pub async fn commands_of(&self, cases: &[CaseId]) -> Result<Vec<command::Model>, Error> {
        self.all::<command::Entity>(Condition::all().add(command::Column::CaseId.is_in(cases.iter().copied()))).await
    }
}

fn waiting(source: SourceId) -> Condition {
    Condition::all().add(dead_letter::Column::SourceId.eq(source)).add(dead_letter::Column::ResolvedAt.is_null())
}

impl Store {
    /// How far a stream was read.
    pub async fn job_cursor(&self, source: SourceId, stream: &str) -> Result<Option<String>, Error> {
        let row = stream_cursor::Entity::find_by_id((source, stream.to_owned()))
            .one(self.reader())
            .await
            .doing("read a cursor")?;
        Ok(row.map(|row| row.cursor))
    }
}

impl Tx {
    /// Saves how far a stream was read, in the transaction that applied it.
    pub async fn save_cursor(&mut self, source: SourceId, stream: &str, cursor: String) -> Result<(), Error> {
        let row = stream_cursor::Model {
            source_id: source,
            stream: stream.to_owned(),
            cursor,
            at: self.at(),
            rows_read: 0,
            changed: 0,
            unchanged: 0,
            late: 0,
            dead_letters: 0,
            errors: 0,
            last_success_at: None,
            last_error: None,
            watermark: None,
            paused_reason: None,
        };
        let replace = OnConflict::columns([stream_cursor::Column::SourceId, stream_cursor::Column::Stream])
            .update_columns([stream_cursor::Column::Cursor, stream_cursor::Column::At])
            .to_owned();
        stream_cursor::Entity::insert(row.into_active_model().reset_all())
            .on_conflict(replace)
            .exec_without_returning(self.connection())
            .await
            .doing("save a cursor")?;
        Ok(())
    }

    /// The source system of a plant with this code.
    pub async fn job_source_by_code(&self, plant: PlantId, code: &str) -> Result<Option<source_system::Model>, Error> {
        source_system::Entity::find()
            .filter(source_system::Column::PlantId.eq(plant))
            .filter(source_system::Column::Code.eq(code))
            .one(self.connection())
            .await
            .doing("find a source system")
    }

    /// The references of a source for these ids of its own.
    pub async fn job_references(
        &self,
        source: SourceId,
        model: &str,
        ids: &[String],
    ) -> Result<Vec<external_reference::Model>, Error> {
        external_reference::Entity::find()
            .filter(external_reference::Column::SourceId.eq(source))
            .filter(external_reference::Column::ExternalModel.eq(model))
            .filter(external_reference::Column::ExternalId.is_in(ids.iter().cloned()))
            .all(self.connection())
            .await
            .doing("read references")
    }

    /// The references of a source to subjects of one kind.
    pub async fn job_references_to(
        &self,
        source: SourceId,
        kind: SubjectType,
    ) -> Result<Vec<external_reference::Model>, Error> {
        external_reference::Entity::find()
            .filter(external_reference::Column::SourceId.eq(source))
            .filter(external_reference::Column::SubjectType.eq(kind))
            .all(self.connection())
            .await
            .doing("read references")
    }

    /// The references of all systems to one subject.
    pub async fn job_references_of(&self, subject: Uuid) -> Result<Vec<external_reference::Model>, Error> {
        external_reference::Entity::find()
            .filter(external_reference::Column::SubjectId.eq(subject))
            .all(self.connection())
            .await
            .doing("read references")
    }

    /// The claims of a source on these subjects.
    pub async fn job_claims(&self, source: SourceId, subjects: &[Uuid]) -> Result<Vec<claim::Model>, Error> {
        claim::Entity::find()
            .filter(claim::Column::SourceId.eq(source))
            .filter(claim::Column::SubjectId.is_in(subjects.iter().copied()))
            .all(self.connection())
            .await
            .doing("read claims")
    }

    /// The unresolved dead letters of these records.
    pub async fn job_dead_letters(
        &self,
        source: SourceId,
        model: &str,
        ids: &[String],
    ) -> Result<Vec<dead_letter::Model>, Error> {
        dead_letter::Entity::find()
            .filter(dead_letter::Column::SourceId.eq(source))
            .filter(dead_letter::Column::ExternalModel.eq(model))
            .filter(dead_letter::Column::ExternalId.is_in(ids.iter().cloned()))
            .filter(dead_letter::Column::ResolvedAt.is_null())
            .all(self.connection())
            .await
            .doing("read dead letters")
    }

    /// Unresolved dead letters of a source with a code, oldest first, at most `limit`.
    pub async fn job_dead_letters_with(
        &self,
        source: SourceId,
        code: &str,
        limit: u64,
    ) -> Result<Vec<dead_letter::Model>, Error> {
        dead_letter::Entity::find()
            .filter(dead_letter::Column::SourceId.eq(source))
            .filter(dead_letter::Column::Code.eq(code))
            .filter(dead_letter::Column::ResolvedAt.is_null())
            .order_by_asc(dead_letter::Column::Id)
            .limit(limit)
            .all(self.connection())
            .await
            .doing("read dead letters")
    }

    /// The next command for a source: pending, or held by a sender that went silent before the end. Other senders skip it while it is locked.
    pub async fn job_next_command(
        &self,
        source: SourceId,
        now: DateTime<Utc>,
    ) -> Result<Option<command::Model>, Error> {
        let silent = Condition::all()
            .add(command::Column::State.is_in([
                CommandState::Leased,
                CommandState::Sent,
                CommandState::Acked,
                CommandState::Verifying,
            ]))
            .add(command::Column::LeasedUntil.lt(now));
        command::Entity::find()
            .filter(command::Column::SourceId.eq(source))
            .filter(Condition::any().add(command::Column::State.eq(CommandState::Pending)).add(silent))
            .order_by_asc(command::Column::Id)
            .limit(1)
            .lock_exclusive()
            .one(self.connection())
            .await
            .doing("find the next command")
    }

    /// The commands of a case.
    pub async fn job_commands_of(&self, case: CaseId) -> Result<Vec<command::Model>, Error> {
        command::Entity::find()
            .filter(command::Column::CaseId.eq(case))
            .all(self.connection())
            .await
            .doing("read commands")
    }
}

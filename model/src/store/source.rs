//! Source systems, references, claims, cursors of streams, dead letters, commands.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::{
    entity::{
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
        Ok(row.map(|row| row.cursor).filter(|cursor| !cursor.is_empty()))
    }
}

impl Store {
    /// What is known of a stream.
    pub async fn job_stream(&self, source: SourceId, stream: &str) -> Result<Option<stream_cursor::Model>, Error> {
        let found = stream_cursor::Entity::find_by_id((source, stream.to_owned()));
        found.one(self.reader()).await.doing("read a cursor")
    }
}

impl Tx {
    /// Saves how far a stream was read, in the transaction that applied it.
    pub async fn save_cursor(&mut self, source: SourceId, stream: &str, cursor: String) -> Result<(), Error> {
        self.save_stream(source, stream, |row| row.cursor = cursor).await
    }

    /// Changes what is known of a stream.
    pub async fn save_stream(
        &mut self,
        source: SourceId,
        stream: &str,
        change: impl FnOnce(&mut stream_cursor::Model),
    ) -> Result<(), Error> {
        const DOING: &str = "save a cursor";
        let found = stream_cursor::Entity::find_by_id((source, stream.to_owned()));
        let before = found.one(self.connection()).await.doing(DOING)?;
        let is_new = before.is_none();
        let mut row = before.unwrap_or_else(|| stream_cursor::Model::unread(source, stream, self.at()));
        row.at = self.at();
        change(&mut row);
        let row = row.into_active_model().reset_all();
        match is_new {
            true => {
                let insert = stream_cursor::Entity::insert(row);
                insert.exec_without_returning(self.connection()).await.doing(DOING)?;
            }
            false => {
                row.update(self.connection()).await.doing(DOING)?;
            }
        }
        Ok(())
    }

    /// What is known of a stream.
    pub async fn job_stream(&self, source: SourceId, stream: &str) -> Result<Option<stream_cursor::Model>, Error> {
        let found = stream_cursor::Entity::find_by_id((source, stream.to_owned()));
        found.one(self.connection()).await.doing("read a cursor")
    }

    /// The source systems of a plant.
    pub async fn job_sources_of(&self, plant: PlantId) -> Result<Vec<source_system::Model>, Error> {
        source_system::Entity::find()
            .filter(source_system::Column::PlantId.eq(plant))
            .order_by_asc(source_system::Column::Id)
            .all(self.connection())
            .await
            .doing("read the source systems of a plant")
    }

    /// The references of a source to records of one kind that it still has.
    pub async fn job_present_references(
        &self,
        source: SourceId,
        model: &str,
    ) -> Result<Vec<external_reference::Model>, Error> {
        external_reference::Entity::find()
            .filter(external_reference::Column::SourceId.eq(source))
            .filter(external_reference::Column::ExternalModel.eq(model))
            .filter(external_reference::Column::AbsentSince.is_null())
            .all(self.connection())
            .await
            .doing("read references")
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

    /// Unresolved dead letters of a source with a code, or those whose next try is due, oldest first, at most `limit`.
    pub async fn job_dead_letters_with(
        &self,
        source: SourceId,
        code: &str,
        due_only: bool,
        limit: u64,
    ) -> Result<Vec<dead_letter::Model>, Error> {
        let due = Condition::any()
            .add(dead_letter::Column::NextRetryAt.is_null())
            .add(dead_letter::Column::NextRetryAt.lte(self.at()));
        dead_letter::Entity::find()
            .filter(dead_letter::Column::SourceId.eq(source))
            .filter(dead_letter::Column::Code.eq(code))
            .filter(dead_letter::Column::ResolvedAt.is_null())
            .filter(Condition::all().add_option(due_only.then_some(due)))
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

    /// Pending commands of a source whose outcome says something else than `reason`.
    pub async fn job_waiting_commands(
        &self,
        source: SourceId,
        reason: &str,
        limit: u64,
    ) -> Result<Vec<command::Model>, Error> {
        let otherwise =
            Condition::any().add(command::Column::Outcome.is_null()).add(command::Column::Outcome.ne(reason));
        command::Entity::find()
            .filter(command::Column::SourceId.eq(source))
            .filter(command::Column::State.eq(CommandState::Pending))
            .filter(otherwise)
            .order_by_asc(command::Column::Id)
            .limit(limit)
            .lock_exclusive()
            .all(self.connection())
            .await
            .doing("find commands that wait")
    }

    /// The commands of a case.
    pub async fn job_commands_of(&self, case: CaseId) -> Result<Vec<command::Model>, Error> {
        command::Entity::find()
            .filter(command::Column::CaseId.eq(case))
            .all(self.connection())
            .await
            .doing("read commands")
    }

    /// The commands of one action about a subject.
    pub async fn job_commands_about(&self, subject: Uuid, action: &str) -> Result<Vec<command::Model>, Error> {
        command::Entity::find()
            .filter(command::Column::SubjectId.eq(subject))
            .filter(command::Column::Action.eq(action))
            .all(self.connection())
            .await
            .doing("read commands")
    }
}

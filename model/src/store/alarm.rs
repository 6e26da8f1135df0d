//! Alarms of devices.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{
    entity::alarm,
    error::{Doing, Error},
    ids::{LineId, SourceId},
    store::{Tx, View},
};

impl View {
    /// The alarms of these lines that their devices still show.
    pub async fn alarms_of(&self, lines: &[LineId]) -> Result<Vec<alarm::Model>, Error> {
        self.all::<alarm::Entity>(
            Condition::all()
                .add(alarm::Column::LineId.is_in(lines.iter().copied()))
                .add(alarm::Column::Retain.eq(true)),
        )
        .await
    }
}

impl Tx {
    /// The alarm of a condition and its branch.
    pub async fn job_alarm(
        &self,
        source: SourceId,
        source_node: &str,
        condition: &str,
        branch: &str,
    ) -> Result<Option<alarm::Model>, Error> {
        alarm::Entity::find()
            .filter(alarm::Column::SourceId.eq(source))
            .filter(alarm::Column::SourceNode.eq(source_node))
            .filter(alarm::Column::Condition.eq(condition))
            .filter(alarm::Column::Branch.eq(branch))
            .one(self.connection())
            .await
            .doing("find an alarm")
    }

    /// The alarms of a source that it still shows: what a refresh does not name is over.
    pub async fn job_retained_alarms(&self, source: SourceId) -> Result<Vec<alarm::Model>, Error> {
        alarm::Entity::find()
            .filter(alarm::Column::SourceId.eq(source))
            .filter(alarm::Column::Retain.eq(true))
            .all(self.connection())
            .await
            .doing("read the alarms of a source")
    }
}

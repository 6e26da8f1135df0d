//! Rows as they were: the journal has each of them before and after every change.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    entity::{journal, journal_head, subject::Subject},
    error::{Doing, Error},
    journal::AsOf,
    store::View,
};

const DOING: &str = "read a row as it was";

impl View {
    /// A row as it was at a moment; `None` when it was not there yet, or is not visible. What may be seen is judged by the
    /// scope of now.
    ///
    /// # Errors
    /// [`Error::AsOfExpired`] when the moment lies before what the journal retains, [`Error::CursorExpired`] for a position
    /// that the journal has not reached: its database was restored from a backup.
    pub async fn as_of<E: Subject>(&self, id: Uuid, moment: AsOf) -> Result<Option<E::Model>, Error> {
        // In this order a change or a pruning in between can not be mistaken: what the journal does not have when it is read
        // after the row was not yet done when the row was read, and the floor that counts is the one after both.
        let present = E::find().filter(E::ID.eq(id)).one(self.connection()).await.doing(DOING)?;
        let past = self.recorded::<E>(id, moment).await?;
        self.retained(moment).await?;
        let row = match past {
            Recorded::Row(text) => Some(serde_json::from_str(&text)?),
            Recorded::NotYet => None,
            Recorded::Nothing => present,
        };
        match row {
            Some(row) if self.shows::<E>(&row).await? => Ok(Some(row)),
            _ => Ok(None),
        }
    }

    async fn recorded<E: Subject>(&self, id: Uuid, moment: AsOf) -> Result<Recorded, Error> {
        let until = match moment {
            AsOf::Time(time) => journal::Column::At.lte(time),
            AsOf::Position(pos) => journal::Column::Pos.lte(pos),
        };
        let of_row =
            Condition::all().add(journal::Column::SubjectId.eq(id)).add(journal::Column::SubjectType.eq(E::TYPE));
        let last = journal::Entity::find()
            .filter(of_row.clone())
            .filter(until)
            .order_by_desc(journal::Column::Pos)
            .limit(1)
            .one(self.connection())
            .await
            .doing(DOING)?;
        if let Some(row) = last {
            return Ok(Recorded::Row(row.after));
        }
        // Everything that is left of it came later: what it was then stands in the first of these rows.
        let next = journal::Entity::find()
            .filter(of_row)
            .order_by_asc(journal::Column::Pos)
            .limit(1)
            .one(self.connection())
            .await
            .doing(DOING)?;
        Ok(match next {
            Some(row) => row.before.map_or(Recorded::NotYet, Recorded::Row),
            None => Recorded::Nothing,
        })
    }

    /// Whether the journal still has everything after a moment.
    async fn retained(&self, moment: AsOf) -> Result<(), Error> {
        let head = journal_head::Entity::find_by_id(1)
            .one(self.connection())
            .await
            .doing(DOING)?
            .ok_or_else(|| Error::Unsuitable("the journal has no head; run `plantgraph migrate`".into()))?;
        match moment {
            AsOf::Position(pos) if pos > head.pos => Err(Error::CursorExpired),
            AsOf::Position(pos) if pos < head.floor_pos => Err(Error::AsOfExpired),
            AsOf::Time(time) if head.floor_pos > 0 => {
                let first = journal::Entity::find()
                    .order_by_asc(journal::Column::Pos)
                    .limit(1)
                    .one(self.connection())
                    .await
                    .doing(DOING)?;
                if first.is_some_and(|first| time < first.at) { Err(Error::AsOfExpired) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// The wall, for a row that does not come from its table. Enterprises are visible by their plants.
    async fn shows<E: Subject>(&self, row: &E::Model) -> Result<bool, Error> {
        match E::plant(row) {
            Some(plant) => Ok(self.scope().contains(plant)),
            None => Ok(self.enterprises().await?.iter().any(|owner| owner.id.0 == E::id(row))),
        }
    }
}

/// What the journal says of a row at a moment.
enum Recorded {
    /// The row, as JSON text.
    Row(String),
    /// It was created later.
    NotYet,
    /// It did not change since before the oldest row.
    Nothing,
}

//! A shift.

use async_graphql::{Context, Description, Enum, ID, Object};
use model::entity::shift;

use super::Plant;
use crate::{
    context::ContextExt,
    error::Error,
    global_id::{Identified, wraps},
};

/// A shift of a plant's calendar. Its times are those of the clock on the plant's wall.
#[derive(Clone, Debug, Description)]
pub struct Shift(pub shift::Model);

wraps!(Shift, shift);

#[Object(use_type_description)]
impl Shift {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.global_id().encode()
    }

    /// Code, unique in the plant.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Name to show.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The plant.
    async fn plant(&self, context: &Context<'_>) -> Result<Plant, Error> {
        context.loaders().required(self.0.plant_id).await.map(Plant)
    }

    /// Code of the plant; with `code` the natural key.
    async fn plant_code(&self, context: &Context<'_>) -> Result<String, Error> {
        Ok(context.loaders().required(self.0.plant_id).await?.code)
    }

    /// The days on which it starts.
    async fn weekdays(&self) -> Result<Vec<Weekday>, Error> {
        let words = self.0.weekdays.split(',').map(str::trim).filter(|word| !word.is_empty());
        let days: Option<Vec<_>> = words.map(Weekday::of).collect();
        days.ok_or_else(|| Error::broken("a shift has a day that no week has"))
    }

    /// When it starts: `HH:MM` in the time zone of the plant.
    async fn starts_at(&self) -> &str {
        &self.0.starts_at
    }

    /// When it ends: `HH:MM`; not later than the start means the next day.
    async fn ends_at(&self) -> &str {
        &self.0.ends_at
    }

    /// Counts the changes of this object, from 1.
    async fn revision(&self) -> i64 {
        self.0.revision
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "MON" => Self::Mon,
            "TUE" => Self::Tue,
            "WED" => Self::Wed,
            "THU" => Self::Thu,
            "FRI" => Self::Fri,
            "SAT" => Self::Sat,
            "SUN" => Self::Sun,
            _ => return None,
        })
    }
}

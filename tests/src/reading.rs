//! Reading NORD as those see it who may.

use model::{
    CaseId, LineId,
    entity::{
        dead_letter, exception_case, hold, journal, line, material_lot, production_order, subject::Subject, timer,
    },
    store::{PageRequest, View},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::{plant::ERP, world::World};

/// More than any test makes.
pub const ALL: PageRequest = PageRequest { after: None, before: None, limit: 1_000, backward: false };

impl World {
    /// NORD.
    pub fn view(&self) -> View {
        self.store.view(model::Scope::of([self.nord.plant]))
    }

    /// A row of NORD.
    pub async fn find<E: Subject>(&self, id: Uuid) -> E::Model {
        self.view().by_id::<E>(id).await.unwrap().unwrap()
    }

    /// A line.
    pub async fn line_row(&self, line: LineId) -> line::Model {
        self.find::<line::Entity>(line.0).await
    }

    /// A case.
    pub async fn case(&self, id: CaseId) -> exception_case::Model {
        self.find::<exception_case::Entity>(id.0).await
    }

    /// The open case of a line, if there is one.
    pub async fn open_case(&self, line: LineId) -> Option<exception_case::Model> {
        let mut cases = self.view().open_cases_of(&[line]).await.unwrap();
        assert!(cases.len() <= 1, "one signal, one case: {cases:?}");
        cases.pop()
    }

    /// The order with a number, if there is one.
    pub async fn order(&self, number: &str) -> Option<production_order::Model> {
        self.view().orders_by_numbers(&[self.nord.plant], &[number.to_owned()]).await.unwrap().pop()
    }

    /// The lot with a number, if there is one.
    pub async fn lot(&self, number: &str) -> Option<material_lot::Model> {
        self.view().lots_by_numbers(&[self.nord.plant], &[number.to_owned()]).await.unwrap().pop()
    }

    /// A hold.
    pub async fn hold(&self, id: Uuid) -> hold::Model {
        self.find::<hold::Entity>(id).await
    }

    /// The records of the ERP that wait to be applied.
    pub async fn letters(&self) -> Vec<dead_letter::Model> {
        self.view().dead_letters_page(self.nord.sources[ERP], ALL).await.unwrap().rows
    }

    /// All rows of a kind, of every plant, oldest first.
    pub async fn table<E: Subject>(&self) -> Vec<E::Model> {
        let connection = self.database.connect().await;
        let rows = E::find().order_by_asc(E::ID).all(&connection).await.unwrap();
        connection.close().await.unwrap();
        rows
    }

    /// All timers, oldest first.
    pub async fn timers(&self) -> Vec<timer::Model> {
        self.table::<timer::Entity>().await
    }

    /// The rows of the journal behind a position.
    pub async fn journal_rows(&self, after: i64) -> Vec<journal::Model> {
        let connection = self.database.connect().await;
        let rows = journal::Entity::find().filter(journal::Column::Pos.gt(after)).order_by_asc(journal::Column::Pos);
        let rows = rows.all(&connection).await.unwrap();
        connection.close().await.unwrap();
        rows
    }
}

//! Loaders: what the fields of one execution ask for row by row is read in one statement per kind, inside the caller's scope.

use std::{collections::HashMap, hash::Hash, time::Duration};

use async_graphql::{
    dataloader::{DataLoader, Loader},
    runtime::Timer,
};
use futures::{
    future::BoxFuture,
    task::{FutureObj, Spawn, SpawnError},
};
use model::{
    AreaId, CaseId, Code, CommandId, DeadLetterId, DecisionId, EnterpriseId, EvidenceId, HoldId, JobOrderId, LineId,
    LotId, MaterialId, OrderId, ParameterId, PlantId, SourceId, TaskId, TransitionId, WorkUnitId,
    entity::{
        area, case_decision, case_evidence, case_task, case_transition, command, dead_letter, enterprise,
        exception_case, hold, job_order, line, material, material_lot, parameter, plant, production_order,
        source_system, work_unit,
    },
    store::{CHILDREN_MAX, View},
};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{error::Error, turns::Turns};

/// The loaders of one execution.
///
/// They keep nothing: what a mutation has changed is read again, and an execution that asks twice is answered twice.
pub struct Loaders(DataLoader<Batches>);

impl Loaders {
    /// Loaders that read from a view, at the end of each turn of the execution. Batches run on the tracker, and whoever asked
    /// awaits them.
    pub fn new(view: View, tracker: TaskTracker, turns: Turns) -> Self {
        // Version 7 of the library has a clock of its own here: `DataLoader::new(Batches(view), move |batch| tracker.spawn(batch))`.
        Self(DataLoader::new(Batches(view), Tracked(tracker), EndOfTurn(turns)))
    }

    /// What belongs to a key; `None` if there is nothing that the caller may see.
    pub async fn one<K>(&self, key: K) -> Result<Option<<Batches as Loader<K>>::Value>, Error>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        Batches: Loader<K, Error = Error>,
    {
        self.0.load_one(key).await
    }

    /// What belongs to a key, if there is a key.
    pub async fn maybe<K>(&self, key: Option<K>) -> Result<Option<<Batches as Loader<K>>::Value>, Error>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        Batches: Loader<K, Error = Error>,
    {
        match key {
            Some(key) => self.one(key).await,
            None => Ok(None),
        }
    }

    /// What belongs to a key that a visible row has: both are in one plant, so both are visible.
    pub async fn required<K>(&self, key: K) -> Result<<Batches as Loader<K>>::Value, Error>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        Batches: Loader<K, Error = Error>,
    {
        self.one(key).await?.ok_or_else(|| Error::broken("a row refers to one that is not there"))
    }

    /// The rows below a key, oldest first.
    pub async fn many<K, R>(&self, key: K) -> Result<Vec<R>, Error>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        Batches: Loader<K, Value = Vec<R>, Error = Error>,
    {
        Ok(self.one(key).await?.unwrap_or_default())
    }
}

/// Reads batches.
pub struct Batches(View);

/// Rows by their ids.
macro_rules! by_id {
    ($($id:ident => $entity:ident),+ $(,)?) => {$(
        impl Loader<$id> for Batches {
            type Value = $entity::Model;
            type Error = Error;

            async fn load(&self, keys: &[$id]) -> Result<HashMap<$id, Self::Value>, Error> {
                let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
                let rows = self.0.by_ids::<$entity::Entity>(&ids).await?;
                Ok(rows.into_iter().map(|row| (row.id, row)).collect())
            }
        }
    )+};
}

by_id! {
    PlantId => plant, AreaId => area, LineId => line, WorkUnitId => work_unit, ParameterId => parameter,
    MaterialId => material, LotId => material_lot, HoldId => hold, OrderId => production_order, JobOrderId => job_order,
    SourceId => source_system, DeadLetterId => dead_letter, CaseId => exception_case, TaskId => case_task,
    EvidenceId => case_evidence, DecisionId => case_decision, TransitionId => case_transition, CommandId => command,
}

/// Enterprises belong to no single plant: visible are the owners of visible plants, and they are few.
impl Loader<EnterpriseId> for Batches {
    type Value = enterprise::Model;
    type Error = Error;

    async fn load(&self, keys: &[EnterpriseId]) -> Result<HashMap<EnterpriseId, Self::Value>, Error> {
        let visible = self.0.enterprises().await?.into_iter().map(|row| (row.id, row));
        Ok(visible.filter(|(id, _)| keys.contains(id)).collect())
    }
}

/// Rows by what they belong to.
macro_rules! children {
    ($($(#[$doc:meta])* $key:ident($parent:ident) => $entity:ident by $field:ident through $finder:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub $parent);

        impl Loader<$key> for Batches {
            type Value = Vec<$entity::Model>;
            type Error = Error;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>, Error> {
                let parents: Vec<_> = keys.iter().map(|key| key.0).collect();
                let rows = self.0.$finder(&parents).await?;
                grouped(rows, |row| Option::<$parent>::from(row.$field).map($key))
            }
        }
    )+};
}

children! {
    /// The plants of an enterprise.
    PlantsOf(EnterpriseId) => plant by enterprise_id through plants_of;
    /// The areas of a plant.
    AreasOf(PlantId) => area by plant_id through areas_of;
    /// The lines of a plant.
    LinesOf(PlantId) => line by plant_id through lines_of;
    /// The sources of a plant.
    SourcesOf(PlantId) => source_system by plant_id through sources_of;
    /// The lines of an area.
    LinesOfArea(AreaId) => line by area_id through lines_of_areas;
    /// The work units of a line.
    WorkUnitsOf(LineId) => work_unit by line_id through work_units_of;
    /// The parameters of a line.
    ParametersOf(LineId) => parameter by line_id through parameters_of;
    /// The open cases of a line.
    OpenCasesOf(LineId) => exception_case by line_id through open_cases_of;
    /// The holds of a lot.
    HoldsOf(LotId) => hold by lot_id through holds_of;
    /// The job orders of a production order.
    JobOrdersOf(OrderId) => job_order by order_id through job_orders_of;
    /// The tasks of a case.
    TasksOf(CaseId) => case_task by case_id through tasks_of;
    /// The evidence of a case.
    EvidenceOf(CaseId) => case_evidence by case_id through evidence_of;
    /// The decisions on a case.
    DecisionsOf(CaseId) => case_decision by case_id through decisions_of;
    /// The transitions of a case.
    TransitionsOf(CaseId) => case_transition by case_id through transitions_of;
    /// The commands of a case.
    CommandsOf(CaseId) => command by case_id through commands_of;
}

/// The plants with a code: one, unless two enterprises use it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlantsCoded(pub String);

impl Loader<PlantsCoded> for Batches {
    type Value = Vec<plant::Model>;
    type Error = Error;

    async fn load(&self, keys: &[PlantsCoded]) -> Result<HashMap<PlantsCoded, Self::Value>, Error> {
        let codes: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        grouped(self.0.plants_by_codes(&codes).await?, |row| Some(PlantsCoded(row.code.clone())))
    }
}

/// Rows of a plant by their natural keys.
macro_rules! by_natural_key {
    ($($(#[$doc:meta])* $key:ident => $entity:ident by $field:ident through $finder:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub PlantId, pub String);

        impl Loader<$key> for Batches {
            type Value = Vec<$entity::Model>;
            type Error = Error;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>, Error> {
                let (plants, words): (Vec<_>, Vec<_>) = keys.iter().map(|key| (key.0, key.1.clone())).unzip();
                let rows = self.0.$finder(&plants, &words).await?;
                grouped(rows, |row| Some($key(row.plant_id, row.$field.clone())))
            }
        }
    )+};
}

by_natural_key! {
    /// The line of a plant with a code.
    LinesCoded => line by code through lines_by_codes;
    /// The production order of a plant with a number.
    OrdersNumbered => production_order by number through orders_by_numbers;
    /// The lots of a plant with a number; several materials may use it.
    LotsNumbered => material_lot by number through lots_by_numbers;
}

// Behind the macros that it uses.
mod twin;
pub use twin::*;

/// Rows by their key. A finder gives so many rows at most; when it does, some may be missing, and none would be a lie.
fn grouped<K: Hash + Eq, R>(rows: Vec<R>, key: impl Fn(&R) -> Option<K>) -> Result<HashMap<K, Vec<R>>, Error> {
    if rows.len() as u64 >= CHILDREN_MAX {
        let message = "the query asks for too many rows of one kind at once; ask for fewer parents in one page";
        return Err(Error::refused(Code::QueryTooComplex, message));
    }
    let mut groups: HashMap<K, Vec<R>> = HashMap::new();
    for row in rows {
        if let Some(key) = key(&row) {
            groups.entry(key).or_default().push(row);
        }
    }
    Ok(groups)
}

/// Spawns batches on the tracker.
struct Tracked(TaskTracker);

impl Spawn for Tracked {
    fn spawn_obj(&self, batch: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.spawn(batch);
        Ok(())
    }
}

/// Waits for the keys of a batch.
struct EndOfTurn(Turns);

impl Timer for EndOfTurn {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        self.0.ended()
    }
}

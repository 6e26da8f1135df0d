//! What the readiness of job orders is computed from, for the job that does it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
    sea_query::{Query, SimpleExpr},
};
use uuid::Uuid;

use crate::{
    entity::{bill_item, external_reference, job_order, material, material_lot, plant, production_order, staging_task},
    error::{Doing, Error},
    ids::{BillItemId, JobOrderId, LotId, MaterialId, OrderId, PlantId},
    state::{Disposition, RequestState},
    store::Store,
};

const DOING: &str = "read what readiness is computed from";
/// Values of one IN list at most, as everywhere.
const IN_MAX: usize = 1_000;
/// States of an order that will not be made, or not further.
const OVER: [RequestState; 4] =
    [RequestState::Cancelled, RequestState::Completed, RequestState::Aborted, RequestState::Closed];

/// What the readiness of some production orders is computed from.
#[derive(Clone, Debug, Default)]
pub struct ReadinessInputs {
    /// The orders.
    pub orders: Vec<production_order::Model>,
    /// Their jobs.
    pub jobs: Vec<job_order::Model>,
    /// What goes into what they make.
    pub bill: Vec<bill_item::Model>,
    /// What they make, and what goes into it.
    pub materials: Vec<material::Model>,
    /// The stock of what goes into it.
    pub lots: Vec<material_lot::Model>,
    /// What is to be brought for them.
    pub staging: Vec<staging_task::Model>,
}

impl Store {
    /// All plants.
    pub async fn job_plants(&self) -> Result<Vec<PlantId>, Error> {
        let plants = plant::Entity::find().all(self.reader()).await.doing(DOING)?;
        Ok(plants.into_iter().map(|row| row.id).collect())
    }

    /// Open orders that are planned to start until then, after `after` in the order of their ids, at most `limit`.
    pub async fn job_orders_starting(
        &self,
        until: DateTime<Utc>,
        after: Option<OrderId>,
        limit: u64,
    ) -> Result<Vec<OrderId>, Error> {
        production_order::Entity::find()
            .select_only()
            .column(production_order::Column::Id)
            .filter(starting(until))
            .filter(Condition::all().add_option(after.map(|after| production_order::Column::Id.gt(after))))
            .order_by_asc(production_order::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(self.reader())
            .await
            .doing(DOING)
    }

    /// Jobs whose readiness was computed and whose orders do not start until then any more, or are over; with the orders, after
    /// `after` in the order of their ids, at most `limit`.
    pub async fn job_jobs_out_of_sight(
        &self,
        until: DateTime<Utc>,
        after: Option<JobOrderId>,
        limit: u64,
    ) -> Result<Vec<(JobOrderId, OrderId)>, Error> {
        let orders = Query::select()
            .column(production_order::Column::Id)
            .from(production_order::Entity)
            .cond_where(
                Condition::any()
                    .add(production_order::Column::PlannedStart.is_null())
                    .add(production_order::Column::PlannedStart.gt(until))
                    .add(production_order::Column::State.is_in(OVER)),
            )
            .to_owned();
        job_order::Entity::find()
            .select_only()
            .columns([job_order::Column::Id, job_order::Column::OrderId])
            .filter(job_order::Column::Readiness.is_not_null())
            .filter(job_order::Column::OrderId.in_subquery(orders))
            .filter(Condition::all().add_option(after.map(|after| job_order::Column::Id.gt(after))))
            .order_by_asc(job_order::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(self.reader())
            .await
            .doing(DOING)
    }

    /// Open orders that make one of these materials, or need one of them, and are planned to start until then.
    pub async fn job_orders_concerned(
        &self,
        materials: &[MaterialId],
        until: DateTime<Utc>,
    ) -> Result<Vec<OrderId>, Error> {
        let users = self.job_rows::<bill_item::Entity, _>(bill_item::Column::ComponentId, materials).await?;
        let made: HashSet<MaterialId> =
            materials.iter().copied().chain(users.into_iter().map(|item| item.material_id)).collect();
        let mut found = Vec::new();
        for chunk in Vec::from_iter(made).chunks(IN_MAX) {
            let orders: Vec<OrderId> = production_order::Entity::find()
                .select_only()
                .column(production_order::Column::Id)
                .filter(starting(until))
                .filter(production_order::Column::MaterialId.is_in(chunk.iter().copied()))
                .into_tuple()
                .all(self.reader())
                .await
                .doing(DOING)?;
            found.extend(orders);
        }
        Ok(found)
    }

    /// The materials of these lots, and what these lines of bills are about.
    pub async fn job_materials_behind(&self, lots: &[LotId], bill: &[BillItemId]) -> Result<Vec<MaterialId>, Error> {
        let lots = self.job_rows::<material_lot::Entity, _>(material_lot::Column::Id, lots).await?;
        let bill = self.job_rows::<bill_item::Entity, _>(bill_item::Column::Id, bill).await?;
        Ok(lots.into_iter().map(|lot| lot.material_id).chain(bill.into_iter().map(|item| item.material_id)).collect())
    }

    /// What the readiness of these orders is computed from. What no system has any more is not part of it.
    pub async fn job_readiness_inputs(&self, orders: &[OrderId]) -> Result<ReadinessInputs, Error> {
        let orders_rows = self.job_rows::<production_order::Entity, _>(production_order::Column::Id, orders).await?;
        let jobs = self.job_rows::<job_order::Entity, _>(job_order::Column::OrderId, orders).await?;
        let made: HashSet<MaterialId> = orders_rows.iter().filter_map(|order| order.material_id).collect();
        let made = Vec::from_iter(made);
        let bill = self.job_rows::<bill_item::Entity, _>(bill_item::Column::MaterialId, &made).await?;
        let bill = self.without_absent(bill, |item| item.id.0).await?;
        let components = Vec::from_iter(bill.iter().map(|item| item.component_id).collect::<HashSet<_>>());
        let both = Vec::from_iter(made.into_iter().chain(components.iter().copied()).collect::<HashSet<_>>());
        let materials = self.job_rows::<material::Entity, _>(material::Column::Id, &both).await?;
        let lots = self.without_absent(self.stock(&components).await?, |lot| lot.id.0).await?;
        let staging = self.job_rows::<staging_task::Entity, _>(staging_task::Column::OrderId, orders).await?;
        let staging = self.without_absent(staging, |task| task.id.0).await?;
        Ok(ReadinessInputs { orders: orders_rows, jobs, bill, materials, lots, staging })
    }

    /// Lots of these materials that are there. A plant keeps the closed ones for years.
    async fn stock(&self, materials: &[MaterialId]) -> Result<Vec<material_lot::Model>, Error> {
        let mut found = Vec::new();
        for chunk in materials.chunks(IN_MAX) {
            let select = material_lot::Entity::find()
                .filter(material_lot::Column::MaterialId.is_in(chunk.iter().copied()))
                .filter(material_lot::Column::Disposition.ne(Disposition::Closed))
                .filter(material_lot::Column::Quantity.ne("0"));
            found.extend(select.all(self.reader()).await.doing(DOING)?);
        }
        Ok(found)
    }

    /// The rows without those that every system that ever had them has no more.
    async fn without_absent<M>(&self, mut rows: Vec<M>, id: impl Fn(&M) -> Uuid) -> Result<Vec<M>, Error> {
        let ids = Vec::from_iter(rows.iter().map(&id));
        let mut gone = HashSet::new();
        for chunk in ids.chunks(IN_MAX) {
            gone.extend(self.subjects_said(chunk, external_reference::Column::AbsentSince.is_not_null()).await?);
        }
        let some = Vec::from_iter(gone.iter().copied());
        for chunk in some.chunks(IN_MAX) {
            for present in self.subjects_said(chunk, external_reference::Column::AbsentSince.is_null()).await? {
                gone.remove(&present);
            }
        }
        rows.retain(|row| !gone.contains(&id(row)));
        Ok(rows)
    }

    async fn subjects_said(&self, subjects: &[Uuid], how: SimpleExpr) -> Result<Vec<Uuid>, Error> {
        external_reference::Entity::find()
            .select_only()
            .column(external_reference::Column::SubjectId)
            .filter(external_reference::Column::SubjectId.is_in(subjects.iter().copied()))
            .filter(how)
            .into_tuple()
            .all(self.reader())
            .await
            .doing(DOING)
    }

    /// The rows that have one of these values in a column.
    async fn job_rows<E, V>(&self, column: E::Column, values: &[V]) -> Result<Vec<E::Model>, Error>
    where
        E: EntityTrait,
        V: Clone + Into<Value>,
    {
        let mut found = Vec::new();
        for chunk in values.chunks(IN_MAX) {
            let select = E::find().filter(column.is_in(chunk.iter().cloned()));
            found.extend(select.all(self.reader()).await.doing(DOING)?);
        }
        Ok(found)
    }
}

fn starting(until: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(production_order::Column::PlannedStart.lte(until))
        .add(production_order::Column::State.is_not_in(OVER))
}

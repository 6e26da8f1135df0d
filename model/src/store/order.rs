//! Production orders and job orders.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{
    entity::{job_order, job_response, production_order},
    error::{Doing, Error},
    ids::{JobOrderId, OrderId, PlantId},
    state::RequestState,
    store::{Page, PageRequest, Tx, View},
};

impl View {
    /// A stretch of the production orders, of one plant if given, in these states if any are given.
    pub async fn orders_page(
        &self,
        plant: Option<PlantId>,
        states: &[RequestState],
        request: PageRequest,
    ) -> Result<Page<production_order::Model>, Error> {
        self.page::<production_order::Entity>(orders(plant, states), request).await
    }

    /// Number of the same orders.
    pub async fn orders_count(&self, plant: Option<PlantId>, states: &[RequestState]) -> Result<u64, Error> {
        self.count::<production_order::Entity>(orders(plant, states)).await
    }

    /// The production orders of these plants with one of these numbers.
    pub async fn orders_by_numbers(
        &self,
        plants: &[PlantId],
        numbers: &[String],
    ) -> Result<Vec<production_order::Model>, Error> {
        self.all::<production_order::Entity>(
            Condition::all()
                .add(production_order::Column::PlantId.is_in(plants.iter().copied()))
                .add(production_order::Column::Number.is_in(numbers.iter().map(String::as_str))),
        )
        .await
    }

    /// The job responses of these job orders.
    pub async fn job_responses_of(&self, jobs: &[JobOrderId]) -> Result<Vec<job_response::Model>, Error> {
        self.having::<job_response::Entity, _>(job_response::Column::JobOrderId, jobs).await
    }

    /// The job responses of these plants with one of these numbers.
    pub async fn job_responses_by_numbers(
        &self,
        plants: &[PlantId],
        numbers: &[String],
    ) -> Result<Vec<job_response::Model>, Error> {
        self.of_plants::<job_response::Entity>(plants, job_response::Column::Number, numbers).await
    }

    /// The job orders of these production orders.
    pub async fn job_orders_of(&self, orders: &[OrderId]) -> Result<Vec<job_order::Model>, Error> {
        self.all::<job_order::Entity>(Condition::all().add(job_order::Column::OrderId.is_in(orders.iter().copied())))
            .await
    }
}

fn orders(plant: Option<PlantId>, states: &[RequestState]) -> Condition {
    Condition::all()
        .add_option(plant.map(|plant| production_order::Column::PlantId.eq(plant)))
        .add_option((!states.is_empty()).then(|| production_order::Column::State.is_in(states.iter().copied())))
}

impl Tx {
    /// The production order of a plant with this number.
    pub async fn job_order_by_number(
        &self,
        plant: PlantId,
        number: &str,
    ) -> Result<Option<production_order::Model>, Error> {
        production_order::Entity::find()
            .filter(production_order::Column::PlantId.eq(plant))
            .filter(production_order::Column::Number.eq(number))
            .one(self.connection())
            .await
            .doing("find a production order")
    }

    /// The production orders of a plant with these numbers.
    pub async fn job_orders_by_numbers(
        &self,
        plant: PlantId,
        numbers: &[String],
    ) -> Result<Vec<production_order::Model>, Error> {
        self.job_of_plant::<production_order::Entity>(plant, production_order::Column::Number, numbers).await
    }

    /// The job orders of these production orders.
    pub async fn job_job_orders_of(&self, orders: &[OrderId]) -> Result<Vec<job_order::Model>, Error> {
        self.job_in::<job_order::Entity, _>(Condition::all(), job_order::Column::OrderId, orders).await
    }

    /// The job responses of a plant with these numbers.
    pub async fn job_responses_by_numbers(
        &self,
        plant: PlantId,
        numbers: &[String],
    ) -> Result<Vec<job_response::Model>, Error> {
        self.job_of_plant::<job_response::Entity>(plant, job_response::Column::Number, numbers).await
    }

    /// The job order of a production order.
    pub async fn job_job_order_of(&self, order: OrderId) -> Result<Option<job_order::Model>, Error> {
        job_order::Entity::find()
            .filter(job_order::Column::OrderId.eq(order))
            .one(self.connection())
            .await
            .doing("find a job order")
    }
}

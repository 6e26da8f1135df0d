//! Enterprises, plants, areas, lines, work units, parameters.

use sea_orm::{ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    entity::{area, enterprise, line, parameter, plant, shift, storage_location, work_unit},
    error::{Doing, Error},
    ids::{AreaId, EnterpriseId, LineId, PlantId},
    store::{Page, PageRequest, Tx, View},
};

impl View {
    /// The enterprises of the visible plants.
    pub async fn enterprises(&self) -> Result<Vec<enterprise::Model>, Error> {
        enterprise::Entity::find()
            .join(
                JoinType::InnerJoin,
                enterprise::Entity::belongs_to(plant::Entity)
                    .from(enterprise::Column::Id)
                    .to(plant::Column::EnterpriseId)
                    .into(),
            )
            .filter(plant::Column::Id.is_in(self.scope().plants()))
            .distinct()
            .order_by_asc(enterprise::Column::Code)
            .all(self.connection())
            .await
            .doing("read enterprises")
    }

    /// All visible plants.
    pub async fn plants(&self) -> Result<Vec<plant::Model>, Error> {
        self.all::<plant::Entity>(Condition::all()).await
    }

    /// A stretch of the visible plants.
    pub async fn plants_page(&self, request: PageRequest) -> Result<Page<plant::Model>, Error> {
        self.page::<plant::Entity>(Condition::all(), request).await
    }

    /// Number of the same plants.
    pub async fn plants_count(&self) -> Result<u64, Error> {
        self.count::<plant::Entity>(Condition::all()).await
    }

    /// The visible plants with one of these codes. A code is unique within an enterprise only.
    pub async fn plants_by_codes(&self, codes: &[String]) -> Result<Vec<plant::Model>, Error> {
        self.all::<plant::Entity>(Condition::all().add(plant::Column::Code.is_in(codes.iter().map(String::as_str))))
            .await
    }

    /// The visible plants of these enterprises.
    pub async fn plants_of(&self, enterprises: &[EnterpriseId]) -> Result<Vec<plant::Model>, Error> {
        self.all::<plant::Entity>(Condition::all().add(plant::Column::EnterpriseId.is_in(enterprises.iter().copied())))
            .await
    }

    /// The areas of these plants.
    pub async fn areas_of(&self, plants: &[PlantId]) -> Result<Vec<area::Model>, Error> {
        self.all::<area::Entity>(Condition::all().add(area::Column::PlantId.is_in(plants.iter().copied()))).await
    }

    /// The lines of these plants.
    pub async fn lines_of(&self, plants: &[PlantId]) -> Result<Vec<line::Model>, Error> {
        self.all::<line::Entity>(Condition::all().add(line::Column::PlantId.is_in(plants.iter().copied()))).await
    }

    /// The lines of these areas.
    pub async fn lines_of_areas(&self, areas: &[AreaId]) -> Result<Vec<line::Model>, Error> {
        self.all::<line::Entity>(Condition::all().add(line::Column::AreaId.is_in(areas.iter().copied()))).await
    }

    /// The lines of these plants with one of these codes.
    pub async fn lines_by_codes(&self, plants: &[PlantId], codes: &[String]) -> Result<Vec<line::Model>, Error> {
        self.all::<line::Entity>(
            Condition::all()
                .add(line::Column::PlantId.is_in(plants.iter().copied()))
                .add(line::Column::Code.is_in(codes.iter().map(String::as_str))),
        )
        .await
    }

    /// The shifts of these plants.
    pub async fn shifts_of(&self, plants: &[PlantId]) -> Result<Vec<shift::Model>, Error> {
        self.having::<shift::Entity, _>(shift::Column::PlantId, plants).await
    }

    /// The shifts of these plants with one of these codes.
    pub async fn shifts_by_codes(&self, plants: &[PlantId], codes: &[String]) -> Result<Vec<shift::Model>, Error> {
        self.of_plants::<shift::Entity>(plants, shift::Column::Code, codes).await
    }

    /// The storage locations of these areas.
    pub async fn storage_locations_of_areas(&self, areas: &[AreaId]) -> Result<Vec<storage_location::Model>, Error> {
        self.having::<storage_location::Entity, _>(storage_location::Column::AreaId, areas).await
    }

    /// The work units of these lines.
    pub async fn work_units_of(&self, lines: &[LineId]) -> Result<Vec<work_unit::Model>, Error> {
        self.all::<work_unit::Entity>(Condition::all().add(work_unit::Column::LineId.is_in(lines.iter().copied())))
            .await
    }

    /// The parameters of these lines.
    pub async fn parameters_of(&self, lines: &[LineId]) -> Result<Vec<parameter::Model>, Error> {
        self.all::<parameter::Entity>(Condition::all().add(parameter::Column::LineId.is_in(lines.iter().copied())))
            .await
    }
}

impl Tx {
    /// The enterprise with this code.
    pub async fn job_enterprise_by_code(&self, code: &str) -> Result<Option<enterprise::Model>, Error> {
        enterprise::Entity::find()
            .filter(enterprise::Column::Code.eq(code))
            .one(self.connection())
            .await
            .doing("find an enterprise")
    }

    /// The plant of an enterprise with this code.
    pub async fn job_plant_by_code(&self, enterprise: EnterpriseId, code: &str) -> Result<Option<plant::Model>, Error> {
        plant::Entity::find()
            .filter(plant::Column::EnterpriseId.eq(enterprise))
            .filter(plant::Column::Code.eq(code))
            .one(self.connection())
            .await
            .doing("find a plant")
    }

    /// The areas of a plant.
    pub async fn job_areas(&self, plant: PlantId) -> Result<Vec<area::Model>, Error> {
        area::Entity::find().filter(area::Column::PlantId.eq(plant)).all(self.connection()).await.doing("read areas")
    }

    /// The lines of a plant.
    pub async fn job_lines(&self, plant: PlantId) -> Result<Vec<line::Model>, Error> {
        line::Entity::find().filter(line::Column::PlantId.eq(plant)).all(self.connection()).await.doing("read lines")
    }

    /// The lines of a plant with these codes.
    pub async fn job_lines_by_codes(&self, plant: PlantId, codes: &[String]) -> Result<Vec<line::Model>, Error> {
        self.job_of_plant::<line::Entity>(plant, line::Column::Code, codes).await
    }

    /// The shifts of a plant.
    pub async fn job_shifts(&self, plant: PlantId) -> Result<Vec<shift::Model>, Error> {
        shift::Entity::find().filter(shift::Column::PlantId.eq(plant)).all(self.connection()).await.doing("read shifts")
    }

    /// These lines, locked in the order of their ids so that two writers never wait for each other.
    pub async fn job_lock_lines(&self, lines: &[LineId]) -> Result<Vec<line::Model>, Error> {
        line::Entity::find()
            .filter(line::Column::Id.is_in(lines.iter().copied()))
            .order_by_asc(line::Column::Id)
            .lock_exclusive()
            .all(self.connection())
            .await
            .doing("lock lines")
    }

    /// The work units of a plant.
    pub async fn job_work_units(&self, plant: PlantId) -> Result<Vec<work_unit::Model>, Error> {
        work_unit::Entity::find()
            .filter(work_unit::Column::PlantId.eq(plant))
            .all(self.connection())
            .await
            .doing("read work units")
    }

    /// The parameters of these lines.
    pub async fn job_parameters(&self, lines: &[LineId]) -> Result<Vec<parameter::Model>, Error> {
        parameter::Entity::find()
            .filter(parameter::Column::LineId.is_in(lines.iter().copied()))
            .all(self.connection())
            .await
            .doing("read parameters")
    }
}

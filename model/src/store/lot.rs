//! Materials, lots, holds.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{
    entity::{hold, material, material_lot},
    error::{Doing, Error},
    ids::{LotId, MaterialId, PlantId},
    state::{Disposition, HoldState},
    store::{Page, PageRequest, Tx, View, batch::halves},
};

impl View {
    /// A stretch of the lots, of one plant if given, of one disposition if given.
    pub async fn lots_page(
        &self,
        plant: Option<PlantId>,
        disposition: Option<Disposition>,
        request: PageRequest,
    ) -> Result<Page<material_lot::Model>, Error> {
        self.page::<material_lot::Entity>(lots(plant, disposition), request).await
    }

    /// Number of the same lots.
    pub async fn lots_count(&self, plant: Option<PlantId>, disposition: Option<Disposition>) -> Result<u64, Error> {
        self.count::<material_lot::Entity>(lots(plant, disposition)).await
    }

    /// The lots of these plants with one of these numbers; several materials may use one number.
    pub async fn lots_by_numbers(
        &self,
        plants: &[PlantId],
        numbers: &[String],
    ) -> Result<Vec<material_lot::Model>, Error> {
        self.all::<material_lot::Entity>(
            Condition::all()
                .add(material_lot::Column::PlantId.is_in(plants.iter().copied()))
                .add(material_lot::Column::Number.is_in(numbers.iter().map(String::as_str))),
        )
        .await
    }

    /// A stretch of the lots of a material.
    pub async fn lots_of_material_page(
        &self,
        material: MaterialId,
        request: PageRequest,
    ) -> Result<Page<material_lot::Model>, Error> {
        self.page::<material_lot::Entity>(Condition::all().add(material_lot::Column::MaterialId.eq(material)), request)
            .await
    }

    /// Number of the same lots.
    pub async fn lots_of_material_count(&self, material: MaterialId) -> Result<u64, Error> {
        self.count::<material_lot::Entity>(Condition::all().add(material_lot::Column::MaterialId.eq(material))).await
    }

    /// The holds of these lots.
    pub async fn holds_of(&self, lots: &[LotId]) -> Result<Vec<hold::Model>, Error> {
        self.all::<hold::Entity>(Condition::all().add(hold::Column::LotId.is_in(lots.iter().copied()))).await
    }
}

fn lots(plant: Option<PlantId>, disposition: Option<Disposition>) -> Condition {
    Condition::all()
        .add_option(plant.map(|plant| material_lot::Column::PlantId.eq(plant)))
        .add_option(disposition.map(|disposition| material_lot::Column::Disposition.eq(disposition)))
}

impl Tx {
    /// The material of a plant with this code.
    pub async fn job_material_by_code(&self, plant: PlantId, code: &str) -> Result<Option<material::Model>, Error> {
        material::Entity::find()
            .filter(material::Column::PlantId.eq(plant))
            .filter(material::Column::Code.eq(code))
            .one(self.connection())
            .await
            .doing("find a material")
    }

    /// The lot of a material with this number.
    pub async fn job_lot_by_number(
        &self,
        material: MaterialId,
        number: &str,
    ) -> Result<Option<material_lot::Model>, Error> {
        material_lot::Entity::find()
            .filter(material_lot::Column::MaterialId.eq(material))
            .filter(material_lot::Column::Number.eq(number))
            .one(self.connection())
            .await
            .doing("find a lot")
    }

    /// The lots of a plant with these numbers; several materials may use one number.
    pub async fn job_lots_by_numbers(
        &self,
        plant: PlantId,
        numbers: &[String],
    ) -> Result<Vec<material_lot::Model>, Error> {
        self.job_of_plant::<material_lot::Entity>(plant, material_lot::Column::Number, numbers).await
    }

    /// The lots of a plant with these pairs of material and number.
    pub async fn job_lots_by_keys(
        &self,
        plant: PlantId,
        pairs: &[(MaterialId, String)],
    ) -> Result<Vec<material_lot::Model>, Error> {
        let wanted: HashSet<_> = pairs.iter().map(|(material, number)| (*material, number.as_str())).collect();
        let mut found = self.job_lots_by_numbers(plant, &halves(pairs, |(_, number)| number)).await?;
        found.retain(|row| wanted.contains(&(row.material_id, row.number.as_str())));
        Ok(found)
    }

    /// The lots of these materials: stock.
    pub async fn job_lots_of_materials(&self, materials: &[MaterialId]) -> Result<Vec<material_lot::Model>, Error> {
        self.job_in::<material_lot::Entity, _>(Condition::all(), material_lot::Column::MaterialId, materials).await
    }

    /// The open holds of a lot.
    pub async fn job_open_holds(&self, lot: LotId) -> Result<Vec<hold::Model>, Error> {
        hold::Entity::find()
            .filter(hold::Column::LotId.eq(lot))
            .filter(hold::Column::State.eq(HoldState::Open))
            .all(self.connection())
            .await
            .doing("read open holds")
    }
}

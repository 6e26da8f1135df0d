//! Materials, their classes and bills.

use std::collections::HashSet;

use sea_orm::Condition;

use crate::{
    entity::{bill_item, material, material_class},
    error::Error,
    ids::{MaterialClassId, MaterialId, PlantId},
    store::{Page, PageRequest, Tx, View, batch::halves},
};

impl View {
    /// A stretch of the materials, of one plant if given.
    pub async fn materials_page(
        &self,
        plant: Option<PlantId>,
        request: PageRequest,
    ) -> Result<Page<material::Model>, Error> {
        self.page_of_plant::<material::Entity>(plant, Condition::all(), request).await
    }

    /// Number of the same materials.
    pub async fn materials_count(&self, plant: Option<PlantId>) -> Result<u64, Error> {
        self.count_of_plant::<material::Entity>(plant, Condition::all()).await
    }

    /// The materials of these plants with one of these codes.
    pub async fn materials_by_codes(
        &self,
        plants: &[PlantId],
        codes: &[String],
    ) -> Result<Vec<material::Model>, Error> {
        self.of_plants::<material::Entity>(plants, material::Column::Code, codes).await
    }

    /// The materials of these classes.
    pub async fn materials_of_classes(&self, classes: &[MaterialClassId]) -> Result<Vec<material::Model>, Error> {
        self.having::<material::Entity, _>(material::Column::ClassId, classes).await
    }

    /// The classes of these plants with one of these codes.
    pub async fn material_classes_by_codes(
        &self,
        plants: &[PlantId],
        codes: &[String],
    ) -> Result<Vec<material_class::Model>, Error> {
        self.of_plants::<material_class::Entity>(plants, material_class::Column::Code, codes).await
    }

    /// What goes into these materials.
    pub async fn bill_items_of(&self, materials: &[MaterialId]) -> Result<Vec<bill_item::Model>, Error> {
        self.having::<bill_item::Entity, _>(bill_item::Column::MaterialId, materials).await
    }

    /// What these materials go into.
    pub async fn bill_items_using(&self, components: &[MaterialId]) -> Result<Vec<bill_item::Model>, Error> {
        self.having::<bill_item::Entity, _>(bill_item::Column::ComponentId, components).await
    }
}

impl Tx {
    /// The materials of a plant with these codes.
    pub async fn job_materials_by_codes(
        &self,
        plant: PlantId,
        codes: &[String],
    ) -> Result<Vec<material::Model>, Error> {
        self.job_of_plant::<material::Entity>(plant, material::Column::Code, codes).await
    }

    /// The material classes of a plant with these codes.
    pub async fn job_material_classes_by_codes(
        &self,
        plant: PlantId,
        codes: &[String],
    ) -> Result<Vec<material_class::Model>, Error> {
        self.job_of_plant::<material_class::Entity>(plant, material_class::Column::Code, codes).await
    }

    /// The lines of bills with these pairs of material and component.
    pub async fn job_bill_items(&self, pairs: &[(MaterialId, MaterialId)]) -> Result<Vec<bill_item::Model>, Error> {
        let wanted: HashSet<_> = pairs.iter().copied().collect();
        let mut found = self.job_bill_of(&halves(pairs, |(material, _)| material)).await?;
        found.retain(|row| wanted.contains(&(row.material_id, row.component_id)));
        Ok(found)
    }

    /// What goes into these materials.
    pub async fn job_bill_of(&self, materials: &[MaterialId]) -> Result<Vec<bill_item::Model>, Error> {
        self.job_in::<bill_item::Entity, _>(Condition::all(), bill_item::Column::MaterialId, materials).await
    }

    /// What these materials go into.
    pub async fn job_bill_using(&self, components: &[MaterialId]) -> Result<Vec<bill_item::Model>, Error> {
        self.job_in::<bill_item::Entity, _>(Condition::all(), bill_item::Column::ComponentId, components).await
    }
}

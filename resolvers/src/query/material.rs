//! Materials, and where they lie.

use async_graphql::{Context, Object};
use model::entity::material;

use super::plant;
use crate::{
    as_of::{self, AsOfInput},
    context::ContextExt,
    error::Error,
    loaders::{BillOf, ClassesCoded, MaterialsCoded, StorageLocationsCoded},
    types::{BillItem, Material, MaterialClass, StorageLocation},
};

/// Materials, and where they lie.
#[derive(Default)]
pub struct MaterialQuery;

#[Object]
impl MaterialQuery {
    /// The material of a plant with a code; null if there is none that you may see. Fields that follow relations show the present
    /// also when the material is asked for as it was.
    async fn material(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Code of the material.")] code: String,
        #[graphql(desc = "As it was at a moment; as it is if not given.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<Material>, Error> {
        as_of::then::<material::Entity, _>(context, coded(context, plant, code).await?, as_of).await
    }

    /// The storage location of a plant with a code; null if there is none that you may see.
    async fn storage_location(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Code of the storage location.")] code: String,
    ) -> Result<Option<StorageLocation>, Error> {
        location_coded(context, plant, code).await
    }
}

/// The visible material with a code.
pub(super) async fn coded(context: &Context<'_>, plant: String, code: String) -> Result<Option<Material>, Error> {
    let Some(plant) = plant::coded(context, plant).await? else { return Ok(None) };
    Ok(context.loaders().many(MaterialsCoded(plant.0.id, code)).await?.pop().map(Material))
}

/// The visible material class with a code.
pub(super) async fn class_coded(
    context: &Context<'_>,
    plant: String,
    code: String,
) -> Result<Option<MaterialClass>, Error> {
    let Some(plant) = plant::coded(context, plant).await? else { return Ok(None) };
    Ok(context.loaders().many(ClassesCoded(plant.0.id, code)).await?.pop().map(MaterialClass))
}

/// The visible storage location with a code.
pub(super) async fn location_coded(
    context: &Context<'_>,
    plant: String,
    code: String,
) -> Result<Option<StorageLocation>, Error> {
    let Some(plant) = plant::coded(context, plant).await? else { return Ok(None) };
    Ok(context.loaders().many(StorageLocationsCoded(plant.0.id, code)).await?.pop().map(StorageLocation))
}

/// The visible line of the bill of a material with a component.
pub(super) async fn bill_item(
    context: &Context<'_>,
    plant: String,
    material: String,
    component: String,
) -> Result<Option<BillItem>, Error> {
    let Some(material) = coded(context, plant.clone(), material).await? else { return Ok(None) };
    let Some(component) = coded(context, plant, component).await? else { return Ok(None) };
    let bill = context.loaders().many(BillOf(material.0.id)).await?;
    Ok(bill.into_iter().find(|item| item.component_id == component.0.id).map(BillItem))
}

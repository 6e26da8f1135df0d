//! Lots.

use async_graphql::{Context, Object};
use futures::future::try_join_all;
use model::{Code, entity::material_lot};

use super::plant;
use crate::{
    as_of::{self, AsOfInput},
    context::ContextExt,
    error::Error,
    loaders::LotsNumbered,
    types::MaterialLot,
};

/// Lots.
#[derive(Default)]
pub struct LotQuery;

#[Object]
impl LotQuery {
    /// The lot of a plant with a number; null if there is none that you may see. Fields that follow
    /// relations show the present also when it is asked for as it was.
    async fn lot(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the plant.")] plant: String,
        #[graphql(desc = "Lot number.")] number: String,
        #[graphql(desc = "Code of the material; needed when several materials have a lot with this number.")]
        material: Option<String>,
        #[graphql(desc = "As it was at a moment; as it is if not given.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<MaterialLot>, Error> {
        let found = numbered(context, plant, number, material).await?;
        as_of::then::<material_lot::Entity, _>(context, found, as_of).await
    }
}

/// The visible lot with a number.
pub(super) async fn numbered(
    context: &Context<'_>,
    plant: String,
    number: String,
    material: Option<String>,
) -> Result<Option<MaterialLot>, Error> {
    let Some(plant) = plant::coded(context, plant).await? else { return Ok(None) };
    let mut lots = context.loaders().many(LotsNumbered(plant.0.id, number)).await?;
    if let Some(material) = material {
        return of_material(context, lots, &material).await;
    }
    if lots.len() > 1 {
        let message = "several materials have a lot with this number; give the code of the material too";
        return Err(Error::refused(Code::InvalidInput, message));
    }
    Ok(lots.pop().map(MaterialLot))
}

async fn of_material(
    context: &Context<'_>,
    lots: Vec<material_lot::Model>,
    code: &str,
) -> Result<Option<MaterialLot>, Error> {
    let materials = try_join_all(lots.iter().map(|lot| context.loaders().required(lot.material_id))).await?;
    let found = lots.into_iter().zip(materials).find(|(_, material)| material.code == code);
    Ok(found.map(|(lot, _)| MaterialLot(lot)))
}

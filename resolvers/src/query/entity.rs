//! Entities of Apollo Federation, by global id and by natural key. They stand behind the same wall as everything else: what the
//! caller may not see is null, as if it were not there.

use async_graphql::{Context, ID, Object};
use model::{CaseId, HoldId, JobOrderId, LineId, LotId, MaterialId, OrderId, PlantId, SourceId, SubjectType};

use super::{line, lot, order, plant};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    types::{Case, Hold, JobOrder, Line, Material, MaterialLot, Plant, ProductionOrder, SourceSystem},
};

/// Entities.
#[derive(Default)]
pub struct EntityQuery;

#[Object]
impl EntityQuery {
    #[graphql(entity)]
    async fn plant_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Plant>, Error> {
        let id = PlantId(GlobalId::parse_as(&id, SubjectType::Plant)?);
        Ok(context.loaders().one(id).await?.map(Plant))
    }

    #[graphql(entity)]
    async fn plant_by_code(&self, context: &Context<'_>, code: String) -> Result<Option<Plant>, Error> {
        plant::coded(context, code).await
    }

    #[graphql(entity)]
    async fn line_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Line>, Error> {
        let id = LineId(GlobalId::parse_as(&id, SubjectType::Line)?);
        Ok(context.loaders().one(id).await?.map(Line))
    }

    #[graphql(entity)]
    async fn line_by_code(
        &self,
        context: &Context<'_>,
        plant_code: String,
        code: String,
    ) -> Result<Option<Line>, Error> {
        line::coded(context, plant_code, code).await
    }

    #[graphql(entity)]
    async fn lot_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<MaterialLot>, Error> {
        let id = LotId(GlobalId::parse_as(&id, SubjectType::MaterialLot)?);
        Ok(context.loaders().one(id).await?.map(MaterialLot))
    }

    #[graphql(entity)]
    async fn lot_by_number(
        &self,
        context: &Context<'_>,
        plant_code: String,
        material_code: String,
        number: String,
    ) -> Result<Option<MaterialLot>, Error> {
        lot::numbered(context, plant_code, number, Some(material_code)).await
    }

    #[graphql(entity)]
    async fn order_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<ProductionOrder>, Error> {
        let id = OrderId(GlobalId::parse_as(&id, SubjectType::ProductionOrder)?);
        Ok(context.loaders().one(id).await?.map(ProductionOrder))
    }

    #[graphql(entity)]
    async fn order_by_number(
        &self,
        context: &Context<'_>,
        plant_code: String,
        number: String,
    ) -> Result<Option<ProductionOrder>, Error> {
        order::numbered(context, plant_code, number).await
    }

    #[graphql(entity)]
    async fn job_order_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<JobOrder>, Error> {
        let id = JobOrderId(GlobalId::parse_as(&id, SubjectType::JobOrder)?);
        Ok(context.loaders().one(id).await?.map(JobOrder))
    }

    #[graphql(entity)]
    async fn material_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Material>, Error> {
        let id = MaterialId(GlobalId::parse_as(&id, SubjectType::Material)?);
        Ok(context.loaders().one(id).await?.map(Material))
    }

    #[graphql(entity)]
    async fn hold_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Hold>, Error> {
        let id = HoldId(GlobalId::parse_as(&id, SubjectType::Hold)?);
        Ok(context.loaders().one(id).await?.map(Hold))
    }

    #[graphql(entity)]
    async fn case_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Case>, Error> {
        let id = CaseId(GlobalId::parse_as(&id, SubjectType::Case)?);
        Ok(context.loaders().one(id).await?.map(Case))
    }

    #[graphql(entity)]
    async fn source_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<SourceSystem>, Error> {
        let id = SourceId(GlobalId::parse_as(&id, SubjectType::SourceSystem)?);
        Ok(context.loaders().one(id).await?.map(SourceSystem))
    }
}

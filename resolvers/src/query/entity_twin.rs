//! Entities of Apollo Federation around lines, lots and orders, by global id and by natural key, behind the same wall.

use async_graphql::{Context, ID, Object};
use model::{
    AlarmId, BillItemId, DocumentId, JobResponseId, LotLinkId, MaterialClassId, ShiftId, ShipmentId, ShipmentItemId,
    StagingTaskId, StorageLocationId, SubjectType,
};

use super::{logistics, material};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    types::{
        Alarm, BillItem, Document, JobResponse, LotLink, Material, MaterialClass, Shift, Shipment, ShipmentItem,
        StagingTask, StorageLocation,
    },
};

/// Entities around lines, lots and orders.
#[derive(Default)]
pub struct TwinEntityQuery;

#[Object]
impl TwinEntityQuery {
    #[graphql(entity)]
    async fn material_by_code(
        &self,
        context: &Context<'_>,
        plant_code: String,
        code: String,
    ) -> Result<Option<Material>, Error> {
        material::coded(context, plant_code, code).await
    }

    #[graphql(entity)]
    async fn storage_location_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<StorageLocation>, Error> {
        let id = StorageLocationId(GlobalId::parse_as(&id, SubjectType::StorageLocation)?);
        Ok(context.loaders().one(id).await?.map(StorageLocation))
    }

    #[graphql(entity)]
    async fn storage_location_by_code(
        &self,
        context: &Context<'_>,
        plant_code: String,
        code: String,
    ) -> Result<Option<StorageLocation>, Error> {
        material::location_coded(context, plant_code, code).await
    }

    #[graphql(entity)]
    async fn material_class_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<MaterialClass>, Error> {
        let id = MaterialClassId(GlobalId::parse_as(&id, SubjectType::MaterialClass)?);
        Ok(context.loaders().one(id).await?.map(MaterialClass))
    }

    #[graphql(entity)]
    async fn material_class_by_code(
        &self,
        context: &Context<'_>,
        plant_code: String,
        code: String,
    ) -> Result<Option<MaterialClass>, Error> {
        material::class_coded(context, plant_code, code).await
    }

    #[graphql(entity)]
    async fn shift_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Shift>, Error> {
        let id = ShiftId(GlobalId::parse_as(&id, SubjectType::Shift)?);
        Ok(context.loaders().one(id).await?.map(Shift))
    }

    #[graphql(entity)]
    async fn shift_by_code(
        &self,
        context: &Context<'_>,
        plant_code: String,
        code: String,
    ) -> Result<Option<Shift>, Error> {
        logistics::shift_coded(context, plant_code, code).await
    }

    #[graphql(entity)]
    async fn bill_item_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<BillItem>, Error> {
        let id = BillItemId(GlobalId::parse_as(&id, SubjectType::BillItem)?);
        Ok(context.loaders().one(id).await?.map(BillItem))
    }

    #[graphql(entity)]
    async fn bill_item_by_component_code(
        &self,
        context: &Context<'_>,
        plant_code: String,
        material_code: String,
        component_code: String,
    ) -> Result<Option<BillItem>, Error> {
        material::bill_item(context, plant_code, material_code, component_code).await
    }

    #[graphql(entity)]
    async fn lot_link_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<LotLink>, Error> {
        let id = LotLinkId(GlobalId::parse_as(&id, SubjectType::LotLink)?);
        Ok(context.loaders().one(id).await?.map(LotLink))
    }

    #[graphql(entity)]
    async fn job_response_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<JobResponse>, Error> {
        let id = JobResponseId(GlobalId::parse_as(&id, SubjectType::JobResponse)?);
        Ok(context.loaders().one(id).await?.map(JobResponse))
    }

    #[graphql(entity)]
    async fn job_response_by_number(
        &self,
        context: &Context<'_>,
        plant_code: String,
        number: String,
    ) -> Result<Option<JobResponse>, Error> {
        logistics::response_numbered(context, plant_code, number).await
    }

    #[graphql(entity)]
    async fn staging_task_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<StagingTask>, Error> {
        let id = StagingTaskId(GlobalId::parse_as(&id, SubjectType::StagingTask)?);
        Ok(context.loaders().one(id).await?.map(StagingTask))
    }

    #[graphql(entity)]
    async fn staging_task_by_number(
        &self,
        context: &Context<'_>,
        plant_code: String,
        number: String,
    ) -> Result<Option<StagingTask>, Error> {
        logistics::staging_task_numbered(context, plant_code, number).await
    }

    #[graphql(entity)]
    async fn shipment_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Shipment>, Error> {
        let id = ShipmentId(GlobalId::parse_as(&id, SubjectType::Shipment)?);
        Ok(context.loaders().one(id).await?.map(Shipment))
    }

    #[graphql(entity)]
    async fn shipment_by_number(
        &self,
        context: &Context<'_>,
        plant_code: String,
        number: String,
    ) -> Result<Option<Shipment>, Error> {
        logistics::shipment_numbered(context, plant_code, number).await
    }

    #[graphql(entity)]
    async fn shipment_item_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<ShipmentItem>, Error> {
        let id = ShipmentItemId(GlobalId::parse_as(&id, SubjectType::ShipmentItem)?);
        Ok(context.loaders().one(id).await?.map(ShipmentItem))
    }

    #[graphql(entity)]
    async fn document_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Document>, Error> {
        let id = DocumentId(GlobalId::parse_as(&id, SubjectType::Document)?);
        Ok(context.loaders().one(id).await?.map(Document))
    }

    #[graphql(entity)]
    async fn document_by_number(
        &self,
        context: &Context<'_>,
        plant_code: String,
        number: String,
    ) -> Result<Option<Document>, Error> {
        logistics::document_numbered(context, plant_code, number).await
    }

    #[graphql(entity)]
    async fn alarm_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<Alarm>, Error> {
        let id = AlarmId(GlobalId::parse_as(&id, SubjectType::Alarm)?);
        Ok(context.loaders().one(id).await?.map(Alarm))
    }
}

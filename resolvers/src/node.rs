//! The interface that every object with a global id implements, and finding objects by it.

use std::hash::Hash;

use async_graphql::{Context, ID, Interface, dataloader::Loader};
use model::{
    AcceptedDifferenceId, AlarmId, AreaId, BillItemId, CaseId, CommandId, DeadLetterId, DecisionId, DocumentId,
    EnterpriseId, EvidenceId, HoldId, JobOrderId, JobResponseId, LineId, LotId, LotLinkId, MaterialClassId, MaterialId,
    OrderId, ParameterId, PlantId, ShiftId, ShipmentId, ShipmentItemId, SourceId, StagingTaskId, StorageLocationId,
    SubjectType, TaskId, TransitionId, WorkUnitId,
    entity::{self, subject::Subject},
    journal::AsOf,
};
use uuid::Uuid;

use crate::{
    context::ContextExt,
    error::Error,
    global_id::{GlobalId, NodeType},
    loaders::Batches,
    types::{
        AcceptedDifference, Alarm, Area, BillItem, Case, CaseDecision, CaseEvidence, CaseTask, CaseTransition, Command,
        DeadLetter, Document, Enterprise, Hold, JobOrder, JobResponse, Line, LotLink, Material, MaterialClass,
        MaterialLot, Parameter, Plant, ProductionOrder, Shift, Shipment, ShipmentItem, SourceSystem, StagingTask,
        StorageLocation, Viewer, WorkUnit,
    },
};

/// An object with a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global id: opaque, unique over all types."))]
pub enum Node {
    /// A contradiction that somebody accepted.
    AcceptedDifference(AcceptedDifference),
    /// An alarm of a device.
    Alarm(Alarm),
    /// An area.
    Area(Area),
    /// A line of a bill of material.
    BillItem(BillItem),
    /// An exception case.
    Case(Case),
    /// A decision on a case.
    CaseDecision(CaseDecision),
    /// Evidence of a case.
    CaseEvidence(CaseEvidence),
    /// A task of a case.
    CaseTask(CaseTask),
    /// A step of a case.
    CaseTransition(CaseTransition),
    /// A command to a system of record.
    Command(Command),
    /// A record that could not be applied.
    DeadLetter(DeadLetter),
    /// A document.
    Document(Document),
    /// An enterprise.
    Enterprise(Enterprise),
    /// A hold.
    Hold(Hold),
    /// A job order.
    JobOrder(JobOrder),
    /// A job response.
    JobResponse(JobResponse),
    /// A line.
    Line(Line),
    /// A step of genealogy.
    LotLink(LotLink),
    /// A material.
    Material(Material),
    /// A class of materials.
    MaterialClass(MaterialClass),
    /// A material lot.
    MaterialLot(MaterialLot),
    /// A parameter of a line.
    Parameter(Parameter),
    /// A plant.
    Plant(Plant),
    /// A production order.
    ProductionOrder(ProductionOrder),
    /// A shift.
    Shift(Shift),
    /// A shipment.
    Shipment(Shipment),
    /// An item of a shipment.
    ShipmentItem(ShipmentItem),
    /// A source system.
    SourceSystem(SourceSystem),
    /// A staging task.
    StagingTask(StagingTask),
    /// A storage location.
    StorageLocation(StorageLocation),
    /// The caller.
    Viewer(Viewer),
    /// A work unit.
    WorkUnit(WorkUnit),
}

/// Whether the graph shows subjects of this kind as nodes.
pub fn is_shown(subject: SubjectType) -> bool {
    !matches!(
        subject,
        SubjectType::Claim | SubjectType::ExternalReference | SubjectType::RoleGrant | SubjectType::Timer
    )
}

/// How subjects are found: those of a kind by their typed id, as a type of the graph, from the rows of an entity.
macro_rules! found_by {
    ($($kind:ident($id:ident) => $ty:ident from $entity:ident),+ $(,)?) => {
        async fn present(context: &Context<'_>, subject: SubjectType, uuid: Uuid) -> Result<Option<Node>, Error> {
            match subject {
                $(SubjectType::$kind => one::<_, $ty>(context, $id(uuid)).await,)+
                SubjectType::Claim | SubjectType::ExternalReference | SubjectType::RoleGrant | SubjectType::Timer => Ok(None),
            }
        }

        async fn past(
            context: &Context<'_>,
            subject: SubjectType,
            uuid: Uuid,
            moment: AsOf,
        ) -> Result<Option<Node>, Error> {
            match subject {
                $(SubjectType::$kind => past_one::<entity::$entity::Entity, $ty>(context, uuid, moment).await,)+
                SubjectType::Claim | SubjectType::ExternalReference | SubjectType::RoleGrant | SubjectType::Timer => Ok(None),
            }
        }
    };
}

found_by! {
    AcceptedDifference(AcceptedDifferenceId) => AcceptedDifference from accepted_difference,
    Alarm(AlarmId) => Alarm from alarm,
    Area(AreaId) => Area from area,
    BillItem(BillItemId) => BillItem from bill_item,
    Case(CaseId) => Case from exception_case,
    CaseDecision(DecisionId) => CaseDecision from case_decision,
    CaseEvidence(EvidenceId) => CaseEvidence from case_evidence,
    CaseTask(TaskId) => CaseTask from case_task,
    CaseTransition(TransitionId) => CaseTransition from case_transition,
    Command(CommandId) => Command from command,
    DeadLetter(DeadLetterId) => DeadLetter from dead_letter,
    Document(DocumentId) => Document from document,
    Enterprise(EnterpriseId) => Enterprise from enterprise,
    Hold(HoldId) => Hold from hold,
    JobOrder(JobOrderId) => JobOrder from job_order,
    JobResponse(JobResponseId) => JobResponse from job_response,
    Line(LineId) => Line from line,
    LotLink(LotLinkId) => LotLink from lot_link,
    Material(MaterialId) => Material from material,
    MaterialClass(MaterialClassId) => MaterialClass from material_class,
    MaterialLot(LotId) => MaterialLot from material_lot,
    Parameter(ParameterId) => Parameter from parameter,
    Plant(PlantId) => Plant from plant,
    ProductionOrder(OrderId) => ProductionOrder from production_order,
    Shift(ShiftId) => Shift from shift,
    Shipment(ShipmentId) => Shipment from shipment,
    ShipmentItem(ShipmentItemId) => ShipmentItem from shipment_item,
    SourceSystem(SourceId) => SourceSystem from source_system,
    StagingTask(StagingTaskId) => StagingTask from staging_task,
    StorageLocation(StorageLocationId) => StorageLocation from storage_location,
    WorkUnit(WorkUnitId) => WorkUnit from work_unit,
}

/// The object with this id; `None` when there is none that the caller may see.
pub async fn find(context: &Context<'_>, id: GlobalId) -> Result<Option<Node>, Error> {
    match id.node_type {
        NodeType::Subject(subject) => present(context, subject, id.uuid).await,
        NodeType::Viewer => {
            let caller = context.principal();
            Ok((GlobalId::viewer(&caller.subject) == id).then(|| Node::from(Viewer(caller.clone()))))
        }
    }
}

/// The object with this id as it was; `None` when it was not there, or the caller may not see it. The caller has no past.
pub async fn find_as_of(context: &Context<'_>, id: GlobalId, moment: AsOf) -> Result<Option<Node>, Error> {
    match id.node_type {
        NodeType::Subject(subject) => past(context, subject, id.uuid, moment).await,
        NodeType::Viewer => find(context, id).await,
    }
}

/// The object with a typed id.
async fn one<K, T>(context: &Context<'_>, key: K) -> Result<Option<Node>, Error>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    Batches: Loader<K, Error = Error>,
    T: From<<Batches as Loader<K>>::Value>,
    Node: From<T>,
{
    Ok(context.loaders().one(key).await?.map(T::from).map(Node::from))
}

async fn past_one<E, T>(context: &Context<'_>, uuid: Uuid, moment: AsOf) -> Result<Option<Node>, Error>
where
    E: Subject,
    T: From<E::Model>,
    Node: From<T>,
{
    Ok(context.view().as_of::<E>(uuid, moment).await?.map(T::from).map(Node::from))
}

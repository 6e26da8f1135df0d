//! The interface that every object with a global id implements, and finding objects by it.

use std::hash::Hash;

use async_graphql::{Context, ID, Interface, dataloader::Loader};
use model::{
    AreaId, CaseId, ClaimId, CommandId, DeadLetterId, DecisionId, EnterpriseId, EvidenceId, HoldId, JobOrderId, LineId,
    LotId, MaterialId, OrderId, ParameterId, PlantId, SourceId, SubjectType, TaskId, TransitionId, WorkUnitId,
};

use crate::{
    context::ContextExt,
    error::Error,
    global_id::{GlobalId, NodeType},
    loaders::Batches,
    types::{
        Area, Case, CaseDecision, CaseEvidence, CaseTask, CaseTransition, Claim, Command, DeadLetter, Enterprise, Hold,
        JobOrder, Line, Material, MaterialLot, Parameter, Plant, ProductionOrder, SourceSystem, Viewer, WorkUnit,
    },
};

/// An object with a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global id: opaque, unique over all types."))]
pub enum Node {
    /// An area.
    Area(Area),
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
    /// A claim.
    Claim(Claim),
    /// A command to a system of record.
    Command(Command),
    /// A record that could not be applied.
    DeadLetter(DeadLetter),
    /// An enterprise.
    Enterprise(Enterprise),
    /// A hold.
    Hold(Hold),
    /// A job order.
    JobOrder(JobOrder),
    /// A line.
    Line(Line),
    /// A material.
    Material(Material),
    /// A material lot.
    MaterialLot(MaterialLot),
    /// A parameter of a line.
    Parameter(Parameter),
    /// A plant.
    Plant(Plant),
    /// A production order.
    ProductionOrder(ProductionOrder),
    /// A source system.
    SourceSystem(SourceSystem),
    /// The caller.
    Viewer(Viewer),
    /// A work unit.
    WorkUnit(WorkUnit),
}

/// Whether the graph shows subjects of this kind as nodes.
pub fn is_shown(subject: SubjectType) -> bool {
    !matches!(subject, SubjectType::ExternalReference | SubjectType::RoleGrant | SubjectType::Timer)
}

/// The object with this id; `None` when there is none that the caller may see.
pub async fn find(context: &Context<'_>, id: GlobalId) -> Result<Option<Node>, Error> {
    let GlobalId { node_type, uuid } = id;
    let subject = match node_type {
        NodeType::Subject(subject) => subject,
        NodeType::Viewer => {
            let caller = context.principal();
            return Ok((GlobalId::viewer(&caller.subject) == id).then(|| Node::from(Viewer(caller.clone()))));
        }
    };
    match subject {
        SubjectType::Area => one::<_, Area>(context, AreaId(uuid)).await,
        SubjectType::Case => one::<_, Case>(context, CaseId(uuid)).await,
        SubjectType::CaseDecision => one::<_, CaseDecision>(context, DecisionId(uuid)).await,
        SubjectType::CaseEvidence => one::<_, CaseEvidence>(context, EvidenceId(uuid)).await,
        SubjectType::CaseTask => one::<_, CaseTask>(context, TaskId(uuid)).await,
        SubjectType::CaseTransition => one::<_, CaseTransition>(context, TransitionId(uuid)).await,
        SubjectType::Claim => one::<_, Claim>(context, ClaimId(uuid)).await,
        SubjectType::Command => one::<_, Command>(context, CommandId(uuid)).await,
        SubjectType::DeadLetter => one::<_, DeadLetter>(context, DeadLetterId(uuid)).await,
        SubjectType::Enterprise => one::<_, Enterprise>(context, EnterpriseId(uuid)).await,
        SubjectType::Hold => one::<_, Hold>(context, HoldId(uuid)).await,
        SubjectType::JobOrder => one::<_, JobOrder>(context, JobOrderId(uuid)).await,
        SubjectType::Line => one::<_, Line>(context, LineId(uuid)).await,
        SubjectType::Material => one::<_, Material>(context, MaterialId(uuid)).await,
        SubjectType::MaterialLot => one::<_, MaterialLot>(context, LotId(uuid)).await,
        SubjectType::Parameter => one::<_, Parameter>(context, ParameterId(uuid)).await,
        SubjectType::Plant => one::<_, Plant>(context, PlantId(uuid)).await,
        SubjectType::ProductionOrder => one::<_, ProductionOrder>(context, OrderId(uuid)).await,
        SubjectType::SourceSystem => one::<_, SourceSystem>(context, SourceId(uuid)).await,
        SubjectType::WorkUnit => one::<_, WorkUnit>(context, WorkUnitId(uuid)).await,
        SubjectType::AcceptedDifference
        | SubjectType::Alarm
        | SubjectType::BillItem
        | SubjectType::Document
        | SubjectType::ExternalReference
        | SubjectType::JobResponse
        | SubjectType::LotLink
        | SubjectType::MaterialClass
        | SubjectType::RoleGrant
        | SubjectType::Shift
        | SubjectType::Shipment
        | SubjectType::ShipmentItem
        | SubjectType::StagingTask
        | SubjectType::StorageLocation
        | SubjectType::Timer => Ok(None),
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

//! Subjects of the journal: the entities whose every durable change is recorded.

use sea_orm::{EntityTrait, IntoActiveModel};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{ids::PlantId, word::words};

words! {
    /// Kind of a subject; also the name of its type in global ids.
    SubjectType {
        /// An enterprise.
        Enterprise = "ENTERPRISE",
        /// A plant.
        Plant = "PLANT",
        /// An area.
        Area = "AREA",
        /// A line.
        Line = "LINE",
        /// A work unit.
        WorkUnit = "WORK_UNIT",
        /// A parameter of a line.
        Parameter = "PARAMETER",
        /// A material.
        Material = "MATERIAL",
        /// A material lot.
        MaterialLot = "MATERIAL_LOT",
        /// A hold.
        Hold = "HOLD",
        /// A production order.
        ProductionOrder = "PRODUCTION_ORDER",
        /// A job order.
        JobOrder = "JOB_ORDER",
        /// A source system.
        SourceSystem = "SOURCE_SYSTEM",
        /// An external reference.
        ExternalReference = "EXTERNAL_REFERENCE",
        /// A claim, in journals from before claims stood in the reference of their record.
        Claim = "CLAIM",
        /// An exception case.
        Case = "CASE",
        /// A task of a case.
        CaseTask = "CASE_TASK",
        /// Evidence of a case.
        CaseEvidence = "CASE_EVIDENCE",
        /// A decision on a case.
        CaseDecision = "CASE_DECISION",
        /// A transition of a case.
        CaseTransition = "CASE_TRANSITION",
        /// A timer.
        Timer = "TIMER",
        /// A command.
        Command = "COMMAND",
        /// A dead letter.
        DeadLetter = "DEAD_LETTER",
        /// A role grant.
        RoleGrant = "ROLE_GRANT",
        /// A storage location.
        StorageLocation = "STORAGE_LOCATION",
        /// A class of materials.
        MaterialClass = "MATERIAL_CLASS",
        /// A line of a bill of material.
        BillItem = "BILL_ITEM",
        /// A step of genealogy.
        LotLink = "LOT_LINK",
        /// A job response.
        JobResponse = "JOB_RESPONSE",
        /// A staging task.
        StagingTask = "STAGING_TASK",
        /// A shipment.
        Shipment = "SHIPMENT",
        /// An item of a shipment.
        ShipmentItem = "SHIPMENT_ITEM",
        /// A document.
        Document = "DOCUMENT",
        /// A shift.
        Shift = "SHIFT",
        /// A contradiction that somebody accepted.
        AcceptedDifference = "ACCEPTED_DIFFERENCE",
        /// An alarm of a device.
        Alarm = "ALARM",
    }
}

/// An entity whose changes are journalled. Rows are written only through [`crate::store::Tx`], which records them.
pub trait Subject:
    EntityTrait<Model: IntoActiveModel<Self::ActiveModel> + Serialize + DeserializeOwned + Clone + Send + Sync>
{
    /// The kind.
    const TYPE: SubjectType;
    /// The column of the id.
    const ID: Self::Column;
    /// The column of the revision.
    const REVISION: Self::Column;
    /// The column of the plant; `None` for what belongs to no single plant.
    const PLANT: Option<Self::Column>;

    /// The id of a row.
    fn id(row: &Self::Model) -> Uuid;
    /// The plant of a row.
    fn plant(row: &Self::Model) -> Option<PlantId>;
    /// The revision of a row.
    fn revision(row: &Self::Model) -> i64;
    /// Sets the revision of a row.
    fn set_revision(row: &mut Self::Model, revision: i64);
}

/// A row of an entity.
pub type Row<E> = <E as EntityTrait>::Model;

/// Makes the entity of the calling module a [`Subject`].
macro_rules! subject {
    ($kind:ident, $id:ident, $plant:expr, $plant_column:expr) => {
        impl $crate::entity::subject::Subject for Entity {
            const TYPE: SubjectType = SubjectType::$kind;
            const ID: Column = Column::Id;
            const REVISION: Column = Column::Revision;
            const PLANT: Option<Column> = $plant_column;

            fn id(row: &Model) -> uuid::Uuid {
                let $id(id) = row.id;
                id
            }
            fn plant(row: &Model) -> Option<$crate::ids::PlantId> {
                let plant: fn(&Model) -> Option<$crate::ids::PlantId> = $plant;
                plant(row)
            }
            fn revision(row: &Model) -> i64 {
                row.revision
            }
            fn set_revision(row: &mut Model, revision: i64) {
                row.revision = revision;
            }
        }
    };
}
pub(crate) use subject;

//! Typed ids. A line's id can not be passed where a lot's is wanted, and every id is a time-ordered UUID (version 7),
//! so that indices grow at one end.

use std::{fmt, str::FromStr};

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id, later than every id made before on this machine.
            #[expect(clippy::new_without_default, reason = "an id by default would be a hidden random value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}

ids! {
    /// An enterprise: the owner of plants.
    EnterpriseId,
    /// A plant (ISA-95 site).
    PlantId,
    /// An area of a plant.
    AreaId,
    /// A line (ISA-95 work center).
    LineId,
    /// A work unit of a line.
    WorkUnitId,
    /// A material definition as one plant knows it.
    MaterialId,
    /// A material lot.
    LotId,
    /// A hold on a lot.
    HoldId,
    /// A production order.
    OrderId,
    /// A job order: the part of a production order that one line runs.
    JobOrderId,
    /// A parameter of a line, with its limits.
    ParameterId,
    /// A source system: an ERP, MES, WMS or OPC UA server of a plant.
    SourceId,
    /// The link of a system's own id to a subject of the twin.
    ReferenceId,
    /// What one system says of one attribute of one subject.
    ClaimId,
    /// An exception case.
    CaseId,
    /// A task of a case.
    TaskId,
    /// A piece of evidence of a case.
    EvidenceId,
    /// A decision on a case.
    DecisionId,
    /// One step of a case from state to state.
    TransitionId,
    /// A durable timer.
    TimerId,
    /// A command to a system of record.
    CommandId,
    /// A record that could not be applied.
    DeadLetterId,
    /// A role that a person holds in a plant.
    GrantId,
    /// A place of a plant where material lies.
    StorageLocationId,
    /// A class of materials.
    MaterialClassId,
    /// One line of a bill of material.
    BillItemId,
    /// One step of genealogy.
    LotLinkId,
    /// What was reported of the execution of a job order.
    JobResponseId,
    /// Material to be brought to where it is needed.
    StagingTaskId,
    /// Goods on their way to a customer.
    ShipmentId,
    /// What a shipment carries.
    ShipmentItemId,
    /// A document that belongs to a subject.
    DocumentId,
    /// A shift of a plant's calendar.
    ShiftId,
    /// A contradiction that somebody accepted.
    AcceptedDifferenceId,
    /// An alarm of a device.
    AlarmId,
}

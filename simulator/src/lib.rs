//! A plant that lives: two lines with their controllers, and the ERP that plans for them.
//!
//! The simulator speaks only protocols, as a real plant does. It knows nothing of what listens to it.
//!
//! # OPC UA
//!
//! Endpoints: security `None`, and `Basic256Sha256` with `SignAndEncrypt`. User [`OPERATOR_USER`] with
//! [`OPERATOR_PASSWORD`], or a certificate if one is set up; nobody anonymous unless allowed.
//!
//! Names without a prefix are in the namespace [`NAMESPACE_URI`], those with `packml:` in [`PACKML_URI`], and those
//! with `0:` in the base namespace of OPC UA, as the standards have them. Browse paths from `Objects`:
//!
//! | path | type | meaning |
//! |---|---|---|
//! | `Plant/Line1/Status/StateCurrent` | Int32 | PackML state number (OPC 30050) |
//! | `Plant/Line1/Status/StopReason` | Int32 | why the line went down; 0 for none |
//! | `Plant/Line1/Status/StopReasonText` | String | the same in words |
//! | `Plant/Line1/Status/CurMachSpeed` | Double | pieces per minute |
//! | `Plant/Line1/Admin/ProdProcessedCount` | UInt32 | good pieces of the active order |
//! | `Plant/Line1/Admin/ProdDefectiveCount` | UInt32 | scrapped pieces of the active order |
//! | `Plant/Line1/Parameters/Temperature` | Double | °C; line 1: 72 to 85, line 2: 68 to 85 |
//! | `Plant/Line1/Parameters/Pressure` | Double | bar; line 1: 2.6 to 3.8, line 2: 3.8 to 5.2 |
//! | `Plant/Line1/Production/OrderNumber` | String | the active order; empty for none |
//! | `Plant/Line1/Restart` | method | restarts a line that is down; else `BadInvalidState` |
//!
//! and the same for `Line2`, which also shows its state the other way, as nested state machines:
//!
//! | path | active in |
//! |---|---|
//! | `Plant/Line2/packml:BaseStateMachine/0:CurrentState` | every state |
//! | `Plant/Line2/packml:BaseStateMachine/packml:MachineState/0:CurrentState` | all but Aborting and Aborted |
//! | `Plant/Line2/packml:BaseStateMachine/packml:MachineState/packml:ExecuteState/0:CurrentState` | all from Resetting to Complete |
//!
//! Each `CurrentState` is a LocalizedText with the properties `0:Id` (the NodeId of a state, as in the published
//! nodeset; it has a property `0:StateNumber`) and `0:Number` (UInt32: the numbers of OPC 30050, with 18 for Running
//! and 19 for Cleared). All three of a machine that is not active are null with status `BadStateNotActive`.
//!
//! Every change is its own value with its own source time, also of the states a line only passes through.
//! The counters return to 0 between two orders. No variable can be written.
//!
//! # ERP
//!
//! See [`erp`]. The ERP hears what happened on the floor a little later; it releases orders so that
//! the lines never run out. Its line codes are `L1` and `L2`.
//!
//! # Business systems
//!
//! See [`Business`]: an ERP that speaks OData V2 as SAP does, a MES with views of a database and B2MML, and a WMS with a
//! REST API and webhooks. They follow the floor and the ERP's plan in cycles of their own and by clocks of their own; they
//! keep a ledger of what clients did, and fail when a test wants it.
//!
//! # The story
//!
//! A line runs its order until the good count is exactly the order's quantity, then goes on with the
//! next. Faults strike the lines in turn, the first one line 1. A line that is down stays so until
//! somebody calls `Restart`, or until the operator on the floor has repaired it.

mod business;
mod clock;
pub mod erp;
mod error;
mod mes;
mod opcua;
mod options;
pub mod plant;
mod port;
mod running;
mod sap;
mod wms;
mod world;

pub use business::{
    Business, BusinessOptions, BusinessSystem, Deletion, Effect, ErpOptions, Fault, FaultKind, LotSeen, MesOptions,
    Webhook, WmsOptions,
};
pub use error::Error;
pub use options::SimulatorOptions;
pub use running::{Running, Simulator};

/// The namespace of the plant's nodes.
pub const NAMESPACE_URI: &str = "urn:plantgraph:simulator:plant";
/// The namespace of OPC 30050, in which the nested state machines are named.
pub const PACKML_URI: &str = "http://opcfoundation.org/UA/PackML/";
/// The user of the OPC UA server.
pub const OPERATOR_USER: &str = "operator";
/// The password of that user. Known to everybody: the simulator only listens on this machine.
pub const OPERATOR_PASSWORD: &str = "plant-pass";

//! The types of the graph, one file per noun. A type wraps a row: columns may change without changing the graph.

mod enterprise;
mod plant;
mod shift;
mod viewer;

mod alarm;
mod area;
mod line;
mod line_state;
mod parameter;
mod work_unit;

mod bill_item;
mod document;
mod genealogy;
mod hold;
mod lot;
mod lot_link;
mod material;
mod material_class;
mod storage_location;

mod job_order;
mod job_response;
mod order;
mod readiness;
mod reconciliation;
mod shipment;
mod shipment_item;
mod staging_task;

mod accepted_difference;
mod claim;
mod dead_letter;
mod source;
mod stream;

mod case;
mod case_decision;
mod case_evidence;
mod case_task;
mod case_transition;
mod choice;
mod command;

mod quantity;

pub use accepted_difference::AcceptedDifference;
pub use alarm::Alarm;
pub use area::Area;
pub use bill_item::BillItem;
pub use case::{Case, CaseFilter, Cases};
pub use case_decision::CaseDecision;
pub use case_evidence::CaseEvidence;
pub use case_task::CaseTask;
pub use case_transition::CaseTransition;
pub use choice::DecisionChoice;
pub use claim::Claim;
pub use command::Command;
pub use dead_letter::{DeadLetter, DeadLetters};
pub use document::Document;
pub use enterprise::Enterprise;
pub use genealogy::{GenealogyDirection, GenealogyStep};
pub use hold::Hold;
pub use job_order::JobOrder;
pub use job_response::JobResponse;
pub use line::Line;
pub use line_state::LineStateReport;
pub use lot::{Lots, MaterialLot};
pub use lot_link::LotLink;
pub use material::{Material, Materials};
pub use material_class::MaterialClass;
pub use order::{Orders, ProductionOrder};
pub use parameter::Parameter;
pub use plant::{Plant, Plants};
pub use quantity::Quantity;
pub use readiness::MaterialReadiness;
pub use reconciliation::Reconciliation;
pub use shift::Shift;
pub use shipment::{Shipment, Shipments};
pub use shipment_item::ShipmentItem;
pub use source::SourceSystem;
pub use staging_task::{StagingTask, StagingTasks};
pub use storage_location::{StorageLocation, StorageLocations};
pub use stream::Stream;
pub use viewer::Viewer;
pub use work_unit::WorkUnit;

//! The types of the graph, one file per noun. A type wraps a row: columns may change without changing the graph.

mod enterprise;
mod plant;
mod viewer;

mod area;
mod line;
mod line_state;
mod parameter;
mod work_unit;

mod hold;
mod lot;
mod material;

mod job_order;
mod order;

mod claim;
mod dead_letter;
mod source;

mod case;
mod case_decision;
mod case_evidence;
mod case_task;
mod case_transition;
mod choice;
mod command;

mod quantity;

pub use area::Area;
pub use case::{Case, CaseFilter, Cases};
pub use case_decision::CaseDecision;
pub use case_evidence::CaseEvidence;
pub use case_task::CaseTask;
pub use case_transition::CaseTransition;
pub use choice::DecisionChoice;
pub use claim::Claim;
pub use command::Command;
pub use dead_letter::{DeadLetter, DeadLetters};
pub use enterprise::Enterprise;
pub use hold::Hold;
pub use job_order::JobOrder;
pub use line::Line;
pub use line_state::LineStateReport;
pub use lot::{Lots, MaterialLot};
pub use material::Material;
pub use order::{Orders, ProductionOrder};
pub use parameter::Parameter;
pub use plant::{Plant, Plants};
pub use quantity::Quantity;
pub use source::SourceSystem;
pub use viewer::Viewer;
pub use work_unit::WorkUnit;

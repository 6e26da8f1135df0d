//! Entities: columns only, one file per noun. Queries live in [`crate::store`] by topic.
//!
//! A *subject* is an entity whose every change is a row of the journal; see [`subject`].

pub mod subject;

pub mod area;
pub mod enterprise;
pub mod line;
pub mod parameter;
pub mod plant;
pub mod role_grant;
pub mod shift;
pub mod storage_location;
pub mod work_unit;

pub mod bill_item;
pub mod document;
pub mod hold;
pub mod lot_link;
pub mod material;
pub mod material_class;
pub mod material_lot;

pub mod job_order;
pub mod job_response;
pub mod production_order;
pub mod shipment;
pub mod shipment_item;
pub mod staging_task;

pub mod accepted_difference;
pub mod alarm;
pub mod dead_letter;
pub mod external_reference;
pub mod source_system;

pub mod case_decision;
pub mod case_evidence;
pub mod case_task;
pub mod case_transition;
pub mod command;
pub mod exception_case;
pub mod timer;

pub mod idempotency_key;
pub mod journal;
pub mod journal_head;
pub mod lease;
pub mod stream_cursor;

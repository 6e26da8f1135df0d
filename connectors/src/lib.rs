//! Speaks to the systems of a plant: OPC UA servers on the floor, and the ERP beside it. Signals and records come in;
//! nothing here decides what they mean.
//!
//! * [`plant_file`] reads the file that says what a plant is and which node or location means what.
//! * [`opcua`] subscribes to the floor and hands every change over, acknowledging to the server what is stored.
//! * [`manifest`] reads the file that describes a business system, [`mapping`] makes records of its rows.
//! * [`erp`] pulls orders, materials and lots.

pub mod actions;
pub mod erp;
mod error;
mod http;
pub mod http_json;
pub mod manifest;
pub mod mapping;
pub mod odata;
pub mod opcua;
pub mod plant_file;

pub use error::Error;

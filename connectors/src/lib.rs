//! Speaks to the systems of a plant: OPC UA servers on the floor, and the ERP beside it. Signals and records come in;
//! nothing here decides what they mean.
//!
//! * [`plant_file`] reads the file that says what a plant is and which node or location means what.
//! * [`opcua`] subscribes to the floor and hands every change over, acknowledging to the server what is stored.
//! * [`manifest`] reads the file that describes a business system, [`mapping`] makes records of its rows.
//! * [`erp`] reads in pages and drives the job of each system; [`system`] opens one of any kind, [`actions`] writes back.

pub mod actions;
mod authorizer;
pub mod b2mml;
pub mod erp;
mod error;
pub mod file;
mod http;
pub mod http_json;
mod json;
pub mod manifest;
pub mod mapping;
pub mod mqtt;
pub mod odata;
pub mod opcua;
pub mod plant_file;
pub mod sql;
pub mod system;
pub mod webhook;

pub use error::Error;

//! The harness: real databases, a plant with people in it, and a checker that reads back what a test left behind.
//!
//! A test is written once with [`on_both!`] and runs on SQLite and on PostgreSQL. It gets a [`World`]; when its body
//! has ended, [`history::check`] proves that the journal, the tables and every answer given in between agree.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a harness reports what is wrong by panicking")]

pub mod scratch;

pub mod database;
pub mod postgres;

pub mod people;
pub mod plant;
pub mod reading;
pub mod world;

pub mod asks;
pub mod erp;
pub mod floor;
pub mod shelves;

pub mod asyncua;
pub mod business;
pub mod desk;
pub mod graph;
pub mod guarded;
pub mod plant_file;
pub mod ports;
pub mod proxy;
pub mod service;
pub mod socket;
pub mod tryton;
pub mod until;

pub mod history;
mod on_both;
pub mod together;

pub use database::{Database, Kind};
pub use on_both::run;
pub use together::together;
pub use world::World;

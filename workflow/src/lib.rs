//! Decision rights and exception cases: pure inside, one service at the edge.
//!
//! What comes in: signals of the floor ([`ingest`]), records of systems ([`sync`]), plants by configuration ([`plant`]).
//! What happens: triggers and [`timers`] move [`case`]s; people act through [`service`], within [`rights`];
//! decisions become [`commands`]. Every change is one transaction with its journal rows.

pub mod error;

pub mod directory;
pub mod lease;
pub mod plant;

pub mod ingest;
pub mod live;
pub mod sync;

pub mod case;
pub mod commands;
pub mod readiness;
pub mod rights;
pub mod service;
pub mod timers;
pub mod truth;

pub use error::Error;

//! Systems and gateways that publish over MQTT: JSON on plain topics, and Sparkplug B.
//!
//! A message is acknowledged to the broker after its records are stored, and the session outlives a restart: what was not
//! acknowledged comes again. Read in this order: what a manifest says ([`manifest`]), topics ([`topic`]), Sparkplug's
//! [`payload`] and what is remembered of its nodes ([`nodes`]), and the job ([`feed`]).

mod batch;
mod feed;
pub mod manifest;
mod nodes;
mod payload;
mod rows;
mod topic;

pub use self::{
    feed::Feed,
    manifest::{Read, System},
};

//! OData V2 and V4, as SAP, Dynamics 365 and others speak it.
//!
//! Read in this order: what a manifest says ([`manifest`]), values in URLs (`literal`) and what is in an answer (`envelope`),
//! a `request` and its URL, the `session` and the `client`, how far a stream was read (`cursor`), and the source.

mod client;
mod cursor;
mod envelope;
mod literal;
pub mod manifest;
mod query;
mod request;
mod session;
mod source;

pub use self::{
    literal::Protocol,
    manifest::{Read, System},
    source::OdataSource,
};
use crate::{Error, actions::Transport, plant_file::SystemSection};

/// The way of actions to a system of OData.
///
/// # Errors
/// [`Error::ErpUnreachable`] when the URL is unusable.
pub fn transport(system: &System, section: &SystemSection) -> Result<impl Transport + use<>, Error> {
    client::Client::new(system, section)
}

#[cfg(test)]
mod tests;

//! B2MML, the XML of ISA-95: orders, lots, materials and what was made, in and out.
//!
//! Read leniently: by local name, whatever version the namespace says, in any order. Written strictly: in the order and
//! with the children that the schemas of version 7 demand. The enumerations of B2MML are those of the twin.
//! The Business To Manufacturing Markup Language (B2MML) is used courtesy of MESA International.
//!
//! Read in this order: a message ([`message`]), its words ([`words`]), what is said of materials ([`material`]), orders
//! ([`schedule`]) and what was made ([`performance`]); then what is sent ([`emit`]), over HTTP or into a folder ([`send`]),
//! and the two ways in: files ([`crate::file`]) and HTTP ([`receive`]).

pub mod emit;
pub mod manifest;
mod material;
mod message;
mod performance;
mod receive;
mod schedule;
mod send;
mod words;

pub use self::{
    manifest::{Read, System},
    message::{Message, Reading, Verb, read},
    receive::{Door, Reply},
    send::{B2mmlTransport, Outcome, Outgoing, drop_file},
};
pub(crate) use self::{
    receive::{BODY_BYTES_MAX, MAPPING},
    send::confirmed,
};

#[cfg(test)]
mod tests;

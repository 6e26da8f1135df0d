//! Tryton 8.2 over its JSON-RPC.
//!
//! [`rpc`] speaks the protocol, [`typed`] the JSON for types that JSON lacks, `streams` says what is read, `stock` finds
//! out where a lot is, `records` says what rows mean.

pub mod manifest;
mod records;
mod row;
pub mod rpc;
mod stock;
mod streams;
mod transport;
pub(crate) mod typed;

pub use rpc::Client;
pub use streams::TrytonSource;
pub use transport::TrytonTransport;

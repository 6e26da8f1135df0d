//! Systems that speak JSON over HTTP, REST or JSON-RPC, as a manifest describes them.
//!
//! Read in this order: what a manifest says ([`manifest`]), how far a stream was read (`cursor`), how a request is made and
//! what counts as an answer (`client`), the pages (`pages`), and the source (`source`).

mod client;
mod cursor;
pub mod manifest;
mod pages;
mod source;

pub use self::{client::transport, source::HttpJsonSource};

#[cfg(test)]
mod tests;

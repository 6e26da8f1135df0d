//! Systems that speak JSON over HTTP, REST or JSON-RPC, as a manifest describes them.

pub mod manifest;

//! The guarded front door: everything between a socket and the schema.
//!
//! The schema does not know how a request came in, and the transports do not know what the schema means. What a request
//! passes, in this order:
//!
//! 1. [`server`]: deadlines for headers, a limit on connections, graceful shutdown;
//! 2. [`http`] or [`websocket`]: method, media type, size, proof of who calls ([`Authenticator`]);
//! 3. [`budget`]: what the raw document may weigh, before anything interprets it;
//! 4. [`gate`]: parse, validate and coerce against the schema, then the cost of its lists;
//! 5. [`run`]: execute with a deadline ([`Executor`]); [`answer`]: no error leaves without a code and an id, no internals.
//!
//! Nothing behind step 4 sees a document that was not validated, and nothing behind step 2 a caller that was not verified.

mod answer;
mod budget;
mod door;
mod executor;
mod gate;
mod graphiql;
mod http;
mod inbound;
mod media;
mod options;
mod params;
mod refusal;
mod run;
mod server;
mod websocket;

#[cfg(test)]
mod tests;

pub use door::{FrontDoor, Parts, Prepare};
pub use executor::{Authenticator, Executor};
pub use gate::SchemaRefused;
pub use inbound::inbound;
pub use options::{Introspection, Limits, Options, SocketLimits};
pub use refusal::{Location, Refusal};
pub use server::{ServerOptions, harden, serve};

//! The front door with a toy schema behind it, so that each rule is seen alone.

mod budget;
mod client;
mod hostile;
mod http;
mod page;
mod real_schema;
mod server;
mod socket;
mod socket_closes;
mod socket_slow;
mod toy;

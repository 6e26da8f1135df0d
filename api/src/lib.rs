//! The process around the twin: configuration, command line, tokens, HTTP and WebSocket, start and stop.

pub mod cli;
pub mod config;
pub mod error;

pub mod front_door;
pub mod token;
pub mod twin;

pub mod health;
pub mod lifecycle;
pub mod observe;
pub mod problem;

//! Reads the floor over OPC UA.
//!
//! The client library brings the protocol: channels, sessions, reconnecting. Subscriptions are ours, because the library's
//! own go silent after a reconnect and acknowledge what nobody has stored. What we promise instead:
//!
//! * a value is acknowledged to the server only after it is durable with us ([`delivery`]);
//! * a message that was lost on the way is asked for again before a later one is looked at ([`sequence`], [`publish`]);
//! * a subscription outlives a broken connection, a new session and a restart of ours ([`attach`], [`cursor`]);
//! * where values can not be had any more, a gap says so; a silent server or item never looks alive ([`publish`], [`items`]).
//!
//! Beside values it takes alarms ([`condition`], [`alarms`], [`events`]), has from a server's history what nobody listened to
//! ([`history`]), and looks at servers that nobody described yet ([`discover`]). It changes nothing at a server, unless it was
//! built with the feature `floor-writes`.
//!
//! Start reading at [`engine`]. What is pure stands by itself: [`sequence`], [`decode`], [`packml`], [`path`], [`cursor`].

mod alarms;
mod attach;
mod certificate;
mod condition;
mod config;
mod connect;
mod cursor;
mod decode;
mod delivery;
mod discover;
mod engine;
mod events;
mod health;
mod history;
mod item;
mod items;
mod link;
mod notification;
mod packml;
pub mod path;
mod pki;
mod publish;
mod resolve;
mod sequence;
mod services;
mod source;
mod stamp;
mod subscription;
mod transport;
mod visit;
mod watchdog;
#[cfg(feature = "floor-writes")]
mod writes;
#[cfg(not(feature = "floor-writes"))]
#[path = "no_writes.rs"]
mod writes;

pub use config::OpcUaConfig;
pub use discover::{BrowseRequest, Proposed, browse};
pub use engine::{Engine, Handle};
pub use health::{DeadItem, Health, SessionMode};
#[cfg(feature = "floor-writes")]
pub use writes::{ACKNOWLEDGE_ALARM, Unacknowledged};

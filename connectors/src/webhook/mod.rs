//! What systems send by themselves: hints that something changed, and messages of B2MML.
//!
//! A hint is believed only as far as its sender proves who it is, and only to read sooner: what changed is then read from
//! the system, as always. Read in this order: what a manifest says ([`manifest`]), the proof ([`verify`]), one system's
//! [`Inbox`], and all of them behind one address ([`Doors`]).

mod doors;
mod inbox;
pub mod manifest;
mod verify;

pub use self::{
    doors::{Arrived, Doors, Entry, way_in},
    inbox::{Inbox, Refusal},
    manifest::Webhook,
    verify::Proof,
};

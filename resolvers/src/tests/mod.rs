//! Tests of the whole graph: its text, and its conduct on a real store.

mod as_of;
mod case;
mod global_ids;
mod harness;
mod integration;
mod lots;
mod scope;
mod shelves;
mod structure;
mod subscriptions;

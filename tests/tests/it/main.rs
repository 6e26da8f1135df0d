//! The integration tests: one binary, one module for each feature, everything on both databases.

#![expect(clippy::unwrap_used, reason = "a test reports what is wrong by panicking")]

mod architecture;

mod as_of;
mod atomicity;
mod conflict;
mod journal;
mod lease;
mod migration;
mod readiness;
mod scope;
mod shelves;
mod tamper;
mod timers;

mod ingest;
mod permutations;
mod replay;
mod stale;
mod sync;
mod sync_faults;
mod sync_order;

mod downtime;
mod verification;

mod approvals;
mod decide;
mod hold;
mod idempotency;

mod write_back;
mod writing;

// What follows starts the program itself, with third-party systems around it.
mod crash;
mod demo;
mod front_door;
mod opcua;
mod opcua_alarms;
mod opcua_browse;
mod resume;
mod schema;
mod tryton;
mod tryton_actions;
mod walk;

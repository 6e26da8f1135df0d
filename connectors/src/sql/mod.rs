//! Systems that are read through views of their database: PostgreSQL and SQLite.
//!
//! A manifest names a view and its columns, never SQL. Names are checked and quoted, values are bound, and the connection
//! can not write. Read in this order: what a manifest says ([`manifest`]), how far it was read ([`cursor`]), what is asked
//! ([`query`]), what a column's text means ([`value`]), the two databases ([`database`]), [`views`], and the source ([`source`]).

mod cursor;
mod database;
pub mod manifest;
mod name;
mod query;
mod source;
mod transport;
mod value;
mod views;

pub use self::{
    database::Login,
    manifest::{ColumnType, Read, System},
    source::SqlSource,
    transport::SqlTransport,
    views::{Rhythm, Rows, Views},
};

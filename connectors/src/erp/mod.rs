//! Business systems: read incrementally in pages, and driven by one job each.
//!
//! Read in this order: how far a stream has been read ([`scan`]), the job that drives a system ([`poller`]), and the one
//! system that has code of its own ([`tryton`]); all others are described by a [`crate::manifest`].

pub mod poller;
pub mod read_only;
pub mod scan;
pub mod tryton;

use std::future::Future;

use workflow::sync::Page;

use crate::{Error, manifest::Pause};

pub use self::{
    poller::{Hint, Poller, Report, dry_run},
    tryton::TrytonSource,
};

/// Rows that one request asks for. Tryton needs about 1.6 ms a row, so a page stays well below the request timeout, and
/// a page is one transaction here, which keeps the database's writer free for the floor.
pub(crate) const PAGE_ROWS_MAX: usize = 500;

/// A system that can be read in pages.
pub trait Source: Send {
    /// The streams in the order in which they are read: what others refer to comes first.
    fn streams(&self) -> Vec<String>;

    /// When reading a stream stops because too much of it can not be applied.
    fn pause(&self, _stream: &str) -> Pause {
        Pause::default()
    }

    /// Reads the next page of a stream after `cursor`, the one that the last page of that stream carried.
    ///
    /// # Errors
    /// When the system does not answer, refuses, or answers what can not be read.
    fn page(&mut self, stream: &str, cursor: Option<&str>) -> impl Future<Output = Result<Page, Error>> + Send;
}

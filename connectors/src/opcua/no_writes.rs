//! This build changes nothing at a server: there are no orders to carry out. See the feature `floor-writes`.

use std::convert::Infallible;

use super::{
    services::Services,
    source::{Fault, Source},
};

/// Nobody orders anything.
pub(super) struct Orders;

impl Orders {
    /// Never.
    pub(super) async fn next(&mut self) -> Infallible {
        std::future::pending().await
    }
}

impl Source {
    /// Never called.
    pub(super) async fn execute(&mut self, order: Infallible, _: &Services) -> Result<(), Fault> {
        match order {}
    }
}

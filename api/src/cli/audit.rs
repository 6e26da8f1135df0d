//! `plantgraph audit`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use model::clock::SystemClock;

use super::{database::open_current, print};
use crate::{config::Loaded, error::Error};

/// What can be checked about the journal.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Prove that no row of the journal was changed, removed or inserted
    Verify(Verify),
}

/// Prove that no row of the journal was changed, removed or inserted.
///
/// Reads every retained row, computes the chain of hashes anew and compares it with the head. Ends with exit code 5 and
/// the first bad position when it does not fit.
#[derive(Debug, Args)]
pub struct Verify {}

impl Audit {
    pub(super) async fn run(self, loaded: Loaded) -> Result<(), Error> {
        let Self::Verify(Verify {}) = self;
        let store = open_current(&loaded.config.database, Arc::new(SystemClock)).await?;
        let verified = store.verify_journal().await?;
        store.close().await?;
        if verified.to < verified.from {
            return print("the journal is whole: it holds no rows\n");
        }
        print(&format!("the journal is whole: positions {} to {}\n", verified.from, verified.to))
    }
}

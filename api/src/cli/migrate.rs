//! `plantgraph migrate`.

use std::sync::Arc;

use clap::Args;
use model::clock::SystemClock;

use super::{
    database::{migrate, open_for_migration},
    print,
};
use crate::{config::Loaded, error::Error};

/// Bring the schema of the database up to date.
///
/// Creates the database file of an embedded database. Safe to run again: what is applied already is skipped.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Only say what would be applied
    #[arg(long)]
    dry_run: bool,
}

impl Migrate {
    pub(super) async fn run(self, loaded: Loaded) -> Result<(), Error> {
        let store = open_for_migration(&loaded.config.database, Arc::new(SystemClock)).await?;
        let connection = store.migration_connection();
        let (names, verb) = if self.dry_run {
            (migrations::pending(connection).await.map_err(Error::migration)?, "pending")
        } else {
            (migrate(&store).await?, "applied")
        };
        store.close().await?;
        let lines: String = names.iter().map(|name| format!("{verb}: {name}\n")).collect();
        print(if lines.is_empty() { "the database is up to date\n" } else { &lines })
    }
}

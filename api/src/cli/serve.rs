//! `plantgraph serve`.

use std::sync::Arc;

use clap::Args;
use connectors::plant_file::PlantFile;
use model::clock::SystemClock;

use super::database::{migrate, open_current, open_for_migration};
use crate::{config::Loaded, error::Error, lifecycle::Lifecycle, observe, token, twin};

/// Serve the twin of the configured plants, until Ctrl-C or SIGTERM.
///
/// Installs the plants of `plants.files`, connects to their systems and serves the graph. A system that is away does not
/// keep it from starting: what that system tells is STALE, with the reason, until it is back.
#[derive(Debug, Args)]
pub struct Serve {
    /// Bring the database up to date first, as `plantgraph migrate` does
    #[arg(long)]
    migrate: bool,
}

impl Serve {
    pub(super) async fn run(self, loaded: Loaded) -> Result<(), Error> {
        let config = &loaded.config;
        observe::start_logging(&config.log);
        token::install_cryptography();
        token::self_test()?;
        for warning in config.warnings() {
            tracing::warn!("{warning}");
        }
        let plants = config.plants.files.iter().map(|path| PlantFile::load(path)).collect::<Result<Vec<_>, _>>()?;
        let clock = Arc::new(SystemClock);
        let store = if self.migrate {
            let store = open_for_migration(&config.database, clock.clone()).await?;
            migrate(&store).await?;
            store
        } else {
            open_current(&config.database, clock.clone()).await?
        };
        let lifecycle = Lifecycle::new();
        let twin = twin::start(config, store, plants, clock, lifecycle.tasks()).await?;
        tracing::info!(address = %twin.address, "plantgraph serves the graph at {}/graphql", config.server.public_url);
        lifecycle.run(config.server.shutdown_deadline.get()).await?;
        Ok(twin.store.close().await?)
    }
}

//! The sources of a plant, each run by the one process that holds its lease.

use std::{future::Future, sync::Arc, time::Duration};

use connectors::{
    opcua::{Engine, OpcUaConfig},
    plant_file::{PlantFile, SystemSection},
    system,
    webhook::{Doors, Entry, way_in},
};
use model::{SourceId, Store, clock::SharedClock, store::Lease};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use workflow::{
    commands::Outbox,
    directory,
    ingest::{Ingest, IngestOptions, SIGNAL_STREAM},
    lease,
    live::LiveValues,
    plant,
    sync::Syncer,
};

use crate::{
    error::Error,
    lifecycle::{TaskKind, Tasks},
};

/// Runs the sources that this process can get.
pub(super) struct Owner {
    pub store: Store,
    pub live: LiveValues,
    pub clock: SharedClock,
    pub ingest: IngestOptions,
    pub lease_ttl: Duration,
    pub doors: Doors,
    pub tasks: Tasks,
}

impl Owner {
    /// Puts a plant into the twin and starts its sources.
    pub(super) async fn run_plant(&self, file: PlantFile) -> Result<(), Error> {
        let installed = plant::install(&self.store, &file.definition()).await?;
        directory::grant(&self.store, installed.plant, &file.people).await?;
        if let Some(config) = OpcUaConfig::new(&file, &installed)? {
            let id = installed.sources[config.source()];
            let floor = Floor {
                store: self.store.clone(),
                live: self.live.clone(),
                clock: self.clock.clone(),
                options: self.ingest,
                source: id,
                config,
            };
            self.own("opcua", id, move |lease, ends| floor.clone().run(lease, ends));
        }
        for section in file.systems {
            let id = installed.sources[&section.code];
            let way_in = way_in(&section)?.map(|entry| self.doors.open(&file.plant.code, &section.code, entry));
            let (store, clock) = (self.store.clone(), self.clock.clone());
            let system = Business { store, clock, source: id, section, way_in };
            self.own("system", id, move |lease, ends| system.clone().run(lease, ends));
        }
        Ok(())
    }

    fn own<F, Fut>(&self, name: &'static str, source: SourceId, job: F)
    where
        F: Fn(Lease, CancellationToken) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (store, ttl, cancel) = (self.store.clone(), self.lease_ttl, self.tasks.drain().clone());
        self.tasks.spawn(TaskKind::Essential, name, async move {
            // A process that starts again is another owner: what the crashed one still holds runs out.
            let owner = Uuid::now_v7().to_string();
            lease::own(store, format!("source:{source}"), owner, ttl, cancel, job).await;
            Ok::<_, std::convert::Infallible>(())
        });
    }
}

/// An OPC UA source.
#[derive(Clone)]
struct Floor {
    store: Store,
    live: LiveValues,
    clock: SharedClock,
    options: IngestOptions,
    source: SourceId,
    config: OpcUaConfig,
}

impl Floor {
    async fn run(self, lease: Lease, ends: CancellationToken) {
        let tracker = TaskTracker::new();
        let resume = match self.store.job_cursor(self.source, SIGNAL_STREAM).await {
            Ok(resume) => resume,
            Err(error) => {
                return tracing::warn!(
                    error = crate::error::chain(&error),
                    "could not read where the source was left; trying again"
                );
            }
        };
        #[cfg(feature = "floor-writes")]
        let (outbox, stops) = (Outbox::new(self.store.clone(), self.source, lease.clone()), ends.clone());
        let handle = Ingest::spawn(self.store, self.live, self.source, lease, self.options, &tracker, ends.clone());
        let _engine = Engine::spawn(self.config, handle, resume, self.clock, &tracker, ends);
        #[cfg(feature = "floor-writes")]
        tracker.spawn(async move {
            if let Err(error) = _engine.carry_out(outbox, stops).await {
                tracing::warn!(error = crate::error::chain(&error), "acknowledgements are not carried out any more");
            }
        });
        tracker.close();
        tracker.wait().await;
    }
}

/// A business system.
#[derive(Clone)]
struct Business {
    store: Store,
    clock: SharedClock,
    source: SourceId,
    section: SystemSection,
    way_in: Option<Arc<Entry>>,
}

impl Business {
    async fn run(self, lease: Lease, ends: CancellationToken) {
        let code = self.section.code.clone();
        if let Err(error) = self.jobs(lease, ends).await {
            tracing::error!(
                source = code,
                error = crate::error::chain(&error),
                "the system can not be read; trying again"
            );
        }
    }

    /// Reads the system, and carries out what was decided: both as long as the lease is ours.
    async fn jobs(self, lease: Lease, ends: CancellationToken) -> Result<(), Error> {
        let Self { store, clock, source, section, way_in } = self;
        let syncer = Syncer::new(store.clone(), source, lease.clone()).await?;
        let outbox = Outbox::new(store, source, lease);
        Ok(system::run(section, syncer, outbox, way_in, clock, ends).await?)
    }
}

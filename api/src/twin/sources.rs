//! The sources of a plant, each run by the one process that holds its lease.

use std::{future::Future, time::Duration};

use connectors::{
    erp::{HttpSource, Poller, Sender, TrytonSource, poller, read_only::refuse_commands},
    opcua::{Engine, OpcUaConfig},
    plant_file::{ErpKind, ErpSection, PlantFile},
};
use futures::{
    FutureExt,
    future::{BoxFuture, join},
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
        if let Some(section) = file.erp {
            let id = installed.sources[&section.code];
            let erp = Business { store: self.store.clone(), clock: self.clock.clone(), source: id, section };
            self.own("erp", id, move |lease, ends| erp.clone().run(lease, ends));
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
        let handle = Ingest::spawn(self.store, self.live, self.source, lease, self.options, &tracker, ends.clone());
        Engine::spawn(self.config, handle, resume, self.clock, &tracker, ends);
        tracker.close();
        tracker.wait().await;
    }
}

/// An ERP.
#[derive(Clone)]
struct Business {
    store: Store,
    clock: SharedClock,
    source: SourceId,
    section: ErpSection,
}

impl Business {
    async fn run(self, lease: Lease, ends: CancellationToken) {
        match self.jobs(lease, ends.clone()).await {
            Ok(jobs) => jobs.await,
            Err(error) => tracing::error!(error = crate::error::chain(&error), "the ERP can not be read; trying again"),
        }
    }

    /// Reads the system, and carries out what was decided: both as long as the lease is ours.
    async fn jobs(self, lease: Lease, ends: CancellationToken) -> Result<BoxFuture<'static, ()>, Error> {
        let Self { store, clock, source, section } = self;
        let syncer = Syncer::new(store.clone(), source, lease.clone()).await?;
        let outbox = Outbox::new(store, source, lease);
        let name = section.code.clone();
        let options = poller::Options { name: name.clone(), interval: section.poll_interval, clock };
        Ok(match section.kind {
            ErpKind::Tryton => {
                let poller = Poller::new(options, TrytonSource::new(&section)?, syncer);
                join(poller.run(ends.clone()), refuse_commands(name, outbox, ends)).map(drop).boxed()
            }
            ErpKind::Http => {
                let poller = Poller::new(options, HttpSource::new(&section)?, syncer);
                let sender = Sender::new(&section, outbox)?;
                join(poller.run(ends.clone()), sender.run(ends)).map(drop).boxed()
            }
        })
    }
}

//! The wiring: one process that keeps a twin current, runs its cases and serves its graph.

mod graph;
mod retention;
mod sources;

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, middleware};
use connectors::{plant_file::PlantFile, webhook::Doors};
use model::{Store, clock::SharedClock, journal::JournalOptions};
use tokio::net::TcpListener;
use workflow::{
    ingest::IngestOptions,
    live::LiveValues,
    readiness::{self, ReadinessOptions},
    rights::Table,
    service::Service,
};

use crate::{
    config::Config,
    error::Error,
    front_door::{self, ServerOptions},
    health::{self, Checks, DatabaseAnswers, MigrationsCurrent, TailKeepsUp},
    lifecycle::{TaskKind, Tasks},
    observe, problem, token,
};

/// A twin that is being served.
pub struct Twin {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its store.
    pub store: Store,
}

/// Starts everything over an open database: plants into the twin, their sources, timers, retention, and the front door.
///
/// # Errors
/// What makes a start pointless: a plant that contradicts itself, a database that fails, an address that is taken. A source
/// that is away is no such thing: its plant shows STALE with the reason.
pub async fn start(
    config: &Config,
    store: Store,
    plants: Vec<PlantFile>,
    clock: SharedClock,
    tasks: &Tasks,
) -> Result<Twin, Error> {
    let metrics = observe::start_metrics().map_err(Error::Metrics)?;
    let options = JournalOptions { ring_rows: config.journal.ring_rows_max, poll: config.journal.poll_interval.get() };
    let journal =
        model::journal::Journal::spawn(store.clone(), options, tasks.tracker(), tasks.drain().clone()).await?;
    let live = LiveValues::default();
    let service = Service::new(store.clone(), Arc::new(Table::standard()));
    let doors = Doors::default();
    let owner = sources::Owner {
        store: store.clone(),
        live: live.clone(),
        clock: clock.clone(),
        ingest: ingest_options(config),
        lease_ttl: config.workflow.lease_ttl.get(),
        doors: doors.clone(),
        tasks: tasks.clone(),
    };
    for plant in plants {
        owner.run_plant(plant).await?;
    }
    workflow::truth::lines::spawn(store.clone(), tasks.tracker(), tasks.drain().clone());
    workflow::timers::spawn(
        store.clone(),
        config.workflow.timer_poll_interval.get(),
        tasks.tracker(),
        tasks.drain().clone(),
    );
    readiness::spawn(store.clone(), journal.clone(), readiness_options(config), tasks.tracker(), tasks.drain().clone());
    retention::spawn(store.clone(), config.journal.retention.get(), tasks);

    let deps = resolvers::Deps {
        store: store.clone(),
        journal: journal.clone(),
        service,
        live,
        tracker: tasks.tracker().clone(),
    };
    let verifier = token::Verifier::new(&config.auth, clock.clone(), tasks.tracker())?;
    verifier.keep_keys_fresh(tasks.tracker(), tasks.drain());
    let inbound = front_door::inbound(doors, clock.clone());
    let door = graph::front_door(config, deps, verifier, clock, tasks)?;
    let checks: Checks = Arc::new([
        Box::new(DatabaseAnswers::new(store.clone())) as Box<dyn health::Check>,
        Box::new(MigrationsCurrent::new(store.clone())),
        Box::new(TailKeepsUp::new(store.clone(), journal)),
    ]);
    let mut router =
        Router::new().merge(door.router()).merge(inbound).merge(health::router(checks)).merge(problem::router());
    if config.metrics.enabled {
        tasks.spawn(
            TaskKind::Disposable,
            "metrics",
            never_fails(observe::keep_metrics(metrics.clone(), tasks.drain().clone())),
        );
        match config.metrics.bind {
            None => router = router.merge(health::metrics_router(metrics)),
            Some(bind) => {
                listen(bind, health::metrics_router(metrics), config, tasks).await?;
            }
        }
    }
    let router = router.fallback(problem::not_found).layer(middleware::from_fn(observe::correlate));
    let address = listen(config.server.bind, router, config, tasks).await?;
    Ok(Twin { address, store })
}

fn ingest_options(config: &Config) -> IngestOptions {
    IngestOptions {
        flush_interval: config.ingest.flush_interval.get(),
        signals_max: config.ingest.changes_max,
        queue_batches: config.ingest.queue_batches_max,
        ..IngestOptions::default()
    }
}

fn readiness_options(config: &Config) -> ReadinessOptions {
    ReadinessOptions {
        horizon: config.workflow.readiness_horizon.get(),
        lead: config.workflow.staging_lead.get(),
        lease_ttl: config.workflow.lease_ttl.get(),
        ..ReadinessOptions::default()
    }
}

async fn listen(bind: SocketAddr, router: Router, config: &Config, tasks: &Tasks) -> Result<SocketAddr, Error> {
    let failed =
        |source| Error::System { doing: format!("listen on {bind}; set server.bind to a free address"), source };
    let listener = TcpListener::bind(bind).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let server = front_door::serve(
        listener,
        front_door::harden(router),
        ServerOptions::from(&config.server),
        tasks.tracker().clone(),
        tasks.drain().clone(),
    );
    tasks.spawn(TaskKind::Essential, "http", never_fails(server));
    Ok(address)
}

/// A task that only ends when it is told to.
async fn never_fails(work: impl Future<Output = ()>) -> Result<(), std::convert::Infallible> {
    work.await;
    Ok(())
}

//! Keeps one source connected, for as long as the service runs.

use std::{sync::Arc, time::Duration};

use model::{Code, clock::SharedClock};
use opcua::{
    client::{IdentityToken, Session, SessionEventLoop},
    types::EndpointDescription,
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use workflow::ingest;

use super::{
    OpcUaConfig,
    connect::{Connector, identity_token},
    health::Health,
    link::{Ended, Link, drive},
    publish::Publisher,
    services::Services,
    source::{Fault, Source},
    transport::Dialer,
};
use crate::{Error, plant_file::Identity};

/// First pause after a server could not be reached.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
/// Longest such pause: a server that boots is noticed this soon.
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
/// Pause after a refusal. A person has to act; asking faster would lock accounts and leave sessions behind.
const PAUSE_REFUSED: Duration = Duration::from_secs(10);
/// Closing the session politely may take this long when we end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The OPC UA client of one source.
pub struct Engine;

/// A running engine.
#[derive(Clone, Debug)]
pub struct Handle {
    health: watch::Receiver<Health>,
    #[cfg(feature = "floor-writes")]
    pub(super) orders: super::writes::Sender,
}

impl Handle {
    /// How the source is. The receiver wakes when that changes.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }
}

impl Engine {
    /// Starts to read a source into `ingest`. It works until `cancel`, or until the ingest ends; a server that is away
    /// or refuses is waited for.
    ///
    /// `resume` is the cursor that was stored with the last batch of this source; with it, nothing is lost over a restart
    /// that the server's queues cover.
    pub fn spawn(
        config: OpcUaConfig,
        ingest: ingest::Handle,
        resume: Option<String>,
        clock: SharedClock,
        tracker: &TaskTracker,
        cancel: CancellationToken,
    ) -> Handle {
        #[cfg(feature = "floor-writes")]
        let (sender, orders) = super::writes::Orders::new();
        #[cfg(not(feature = "floor-writes"))]
        let orders = super::writes::Orders;
        let (source, health) = Source::new(config, ingest, resume.as_deref(), clock, orders);
        let worker = Worker { source, tracker: tracker.clone(), cancel };
        tracker.spawn(worker.run());
        Handle {
            health,
            #[cfg(feature = "floor-writes")]
            orders: sender,
        }
    }
}

/// A session that connects when it is driven.
struct Prepared {
    session: Arc<Session>,
    events: SessionEventLoop<Dialer>,
    endpoint: EndpointDescription,
}

/// What became of a session.
enum Outcome {
    /// It ended, or has to be given up; the next one may do better.
    Ended {
        /// How.
        ended: Ended,
        /// Whether it was ever active.
        was_active: bool,
    },
    /// We were told to end.
    Cancelled,
}

struct Worker {
    source: Source,
    tracker: TaskTracker,
    cancel: CancellationToken,
}

impl Worker {
    async fn run(mut self) {
        let ended = match self.work().await {
            Err(Fault::Stopped(error)) => format!("its values are not taken any more: {error}"),
            Err(fault) => format!("it can not go on: {fault:?}"),
            Ok(()) => "the service is stopping".to_owned(),
        };
        tracing::info!(source = self.source.config.source, reason = ended, "the OPC UA source is not read any more");
        self.source.health.update(|health| {
            health.connected = false;
            health.live = false;
            health.session = None;
            health.problem = Some((Code::ShuttingDown, ended));
        });
    }

    /// Connects again and again until told to end.
    async fn work(&mut self) -> Result<(), Fault> {
        let url = self.source.config.url.clone();
        let begin = format!("not connected to {url} yet");
        let mut go_on = self.wait(Code::SourceUnreachable, &begin, Duration::ZERO).await?;
        let connector = loop {
            if !go_on {
                return Ok(());
            }
            match self.open().await {
                Ok(connector) => break connector,
                Err(error) => go_on = self.wait(error.code(), &error.to_string(), PAUSE_REFUSED).await?,
            }
        };
        let cancel = self.cancel.clone();
        let mut pause = PAUSE_FIRST;
        while go_on {
            let Some(prepared) = cancel.run_until_cancelled(self.prepare(&connector)).await else { break };
            let problem = match prepared {
                Ok(prepared) => match self.serve(prepared, &connector).await? {
                    Outcome::Cancelled => break,
                    Outcome::Ended { ended, was_active } => {
                        if was_active {
                            pause = PAUSE_FIRST;
                        }
                        explain(&url, &ended)
                    }
                },
                Err(error) => error,
            };
            let wait = if matches!(problem, Error::Unreachable { .. }) { pause } else { PAUSE_REFUSED };
            pause = (pause * 2).min(PAUSE_LONGEST);
            go_on = self.wait(problem.code(), &problem.to_string(), wait).await?;
        }
        Ok(())
    }

    /// Says why there is nothing to read and waits. Returns whether to go on.
    async fn wait(&mut self, code: Code, reason: &str, pause: Duration) -> Result<bool, Fault> {
        let cancel = self.cancel.clone();
        let waited = async {
            self.source.stale(code, reason).await?;
            sleep(pause).await;
            Ok(())
        };
        match cancel.run_until_cancelled(waited).await {
            Some(waited) => waited.map(|()| true),
            None => Ok(false),
        }
    }

    /// Opens, or makes, our keys.
    async fn open(&self) -> Result<Connector, Error> {
        let (config, clock) = (self.source.config.clone(), self.source.clock.clone());
        let opened = self.tracker.spawn_blocking(move || Connector::open(config, clock)).await;
        opened.map_err(|error| Error::Pki { problem: error.to_string() })?
    }

    /// Everything before the session: endpoint, trust, identity.
    async fn prepare(&self, connector: &Connector) -> Result<Prepared, Error> {
        let endpoint = connector.endpoint().await?;
        let identity = self.identity(self.source.config.identity.clone()).await?;
        let (session, events) = connector.session(&endpoint, identity)?;
        Ok(Prepared { session, events, endpoint })
    }

    async fn identity(&self, identity: Identity) -> Result<IdentityToken, Error> {
        let read = self.tracker.spawn_blocking(move || identity_token(&identity)).await;
        read.map_err(|error| Error::Pki { problem: error.to_string() })?
    }

    /// Reads over one session until it ends.
    async fn serve(&mut self, prepared: Prepared, connector: &Connector) -> Result<Outcome, Fault> {
        let Prepared { session, events, endpoint } = prepared;
        let (sender, link) = watch::channel(Link::default());
        let driving = drive(events, sender, connector, &endpoint);
        tokio::pin!(driving);
        let mut publisher = Publisher::new(&mut self.source, Services::of(session.clone()), link.clone());
        let outcome = tokio::select! {
            ended = &mut driving => {
                return Ok(Outcome::Ended { ended, was_active: link.borrow().generation > 0 });
            }
            fault = publisher.run() => Some(fault),
            () = self.cancel.cancelled() => None,
        };
        drop(publisher);
        if link.borrow().up.is_some() {
            // The subscription stays at the server for the next process, unless it would not be handed over anyway.
            let forget = matches!(self.source.config.identity, Identity::Anonymous);
            let close = async {
                tokio::select! {
                    _ = session.disconnect_inner(forget, true) => {}
                    _ = &mut driving => {}
                }
            };
            let _ = timeout(CLOSE_TIMEOUT, close).await;
        }
        match outcome {
            None => Ok(Outcome::Cancelled),
            Some(Fault::Stuck) => Ok(Outcome::Ended { ended: Ended::Outdated, was_active: true }),
            Some(fault) => Err(fault),
        }
    }
}

/// Why a session ended, for a person.
fn explain(url: &str, ended: &Ended) -> Error {
    let url = url.to_owned();
    match ended {
        Ended::Refused(status) => Error::Refused {
            url,
            problem: format!("{status}; compare security and identity in the plant file with what the server allows"),
        },
        Ended::Outdated => Error::Unreachable { url, problem: "the connection can not be restored".to_owned() },
        Ended::Closed(status) => Error::Unreachable { url, problem: format!("the session was closed ({status})") },
    }
}

//! The published keys of an issuer: cached, refreshed, and kept for a while when the issuer is down.

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use model::clock::SharedClock;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Defect, Error,
    key::{Key, KeySet, KeySetError},
};

/// How long a withdrawn key may live on: the refresh that is always running.
const REFRESH_INTERVAL: Duration = Duration::from_secs(15 * 60);

/// After a failed refresh, and between fetches that an unknown key id causes: strangers must not make us a nuisance.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// An outage of the issuer during one night must not stop the plant; a longer one must not keep withdrawn keys alive.
const STALE_MAX: TimeDelta = TimeDelta::hours(24);

/// A request waits for a fetch, so the fetch is short.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// A hundred keys of 4096 bits with certificates fit in this.
const DOCUMENT_BYTES_MAX: usize = 512 * 1024;

/// A fetch that several requests wait for.
type Flight = Shared<BoxFuture<'static, ()>>;

/// The keys that one issuer publishes.
pub(super) struct Jwks {
    url: String,
    client: reqwest::Client,
    clock: SharedClock,
    tracker: TaskTracker,
    fetched: RwLock<Option<Fetched>>,
    flights: Mutex<Flights>,
}

struct Fetched {
    keys: Arc<KeySet>,
    at: DateTime<Utc>,
}

#[derive(Default)]
struct Flights {
    last_start: Option<DateTime<Utc>>,
    current: Option<Flight>,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the issuer does not answer")]
    Request(#[from] reqwest::Error),
    #[error("the document with keys is larger than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the document with keys can not be used")]
    Document(#[from] KeySetError),
}

/// A client for fetching keys: no redirects, because the address was vouched for, not where it may point.
pub(super) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(FETCH_TIMEOUT)
        .user_agent(concat!("plantgraph/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Jwks {
    pub(super) fn new(url: String, client: reqwest::Client, clock: SharedClock, tracker: TaskTracker) -> Arc<Self> {
        let flights = Mutex::default();
        Arc::new(Self { url, client, clock, tracker, fetched: RwLock::default(), flights })
    }

    /// The key of this id. An unknown id causes a fetch, at most once a minute, for which all who ask wait together.
    pub(super) async fn key(self: &Arc<Self>, id: &str) -> Result<Arc<Key>, Error> {
        if let Some(key) = self.usable().and_then(|keys| keys.find(id)) {
            return Ok(key);
        }
        if let Some(flight) = self.flight(RETRY_INTERVAL) {
            flight.await;
        }
        let keys = self.usable().ok_or(Error::KeysUnavailable)?;
        keys.find(id).ok_or(Error::Invalid(Defect::Key))
    }

    /// Keeps the keys fresh until told to stop.
    pub(super) async fn keep_fresh(self: Arc<Self>, cancel: CancellationToken) {
        loop {
            self.refresh().await;
            let wait = if self.is_fresh() { REFRESH_INTERVAL } else { RETRY_INTERVAL };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Fetches now, or waits for the fetch that is under way.
    pub(super) async fn refresh(self: &Arc<Self>) {
        if let Some(flight) = self.flight(Duration::ZERO) {
            flight.await;
        }
    }

    fn usable(&self) -> Option<Arc<KeySet>> {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner);
        fetched.as_ref().filter(|fetched| self.clock.now() - fetched.at < STALE_MAX).map(|fetched| fetched.keys.clone())
    }

    fn is_fresh(&self) -> bool {
        let fetched = self.fetched.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|fetched| fetched.at);
        let started = self.flights.lock().unwrap_or_else(PoisonError::into_inner).last_start;
        fetched.is_some() && fetched >= started
    }

    /// The fetch under way, or a new one when the last began at least `rest` ago. It runs as a task of its own: a caller
    /// that goes away must not use up the fetch of this minute without a result.
    fn flight(self: &Arc<Self>, rest: Duration) -> Option<Flight> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = flights.current.as_ref().filter(|flight| flight.peek().is_none()) {
            return Some(current.clone());
        }
        let now = self.clock.now();
        // A clock that was set back must not end the fetching.
        let since = flights.last_start.map(|start| (now - start).to_std().unwrap_or(Duration::MAX));
        if since.is_some_and(|since| since < rest) {
            return None;
        }
        let task = self.tracker.spawn(Arc::clone(self).fetch_and_keep(now));
        let flight = async move {
            if let Err(error) = task.await {
                tracing::error!(%error, "the fetch of an issuer's keys crashed");
            }
        };
        let flight = flight.boxed().shared();
        flights.last_start = Some(now);
        flights.current = Some(flight.clone());
        Some(flight)
    }

    async fn fetch_and_keep(self: Arc<Self>, at: DateTime<Utc>) {
        match self.fetch().await {
            Ok(keys) => {
                tracing::debug!(url = %self.url, keys = keys.len(), "fetched the keys of an issuer");
                let fetched = Fetched { keys: Arc::new(keys), at };
                *self.fetched.write().unwrap_or_else(PoisonError::into_inner) = Some(fetched);
            }
            Err(error) => {
                metrics::counter!("plantgraph_jwks_fetch_failures_total").increment(1);
                let error = crate::error::chain(&error);
                tracing::warn!(url = %self.url, error, "could not fetch the keys of an issuer; those from before stay in use for 24 hours");
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let mut response = self.client.get(&self.url).send().await?.error_for_status()?;
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if document.len() + chunk.len() > DOCUMENT_BYTES_MAX {
                return Err(FetchError::TooLarge);
            }
            document.extend_from_slice(&chunk);
        }
        Ok(KeySet::parse(&document)?)
    }
}

//! The listener: deadlines and limits below HTTP, and an orderly end.
//!
//! `axum::serve` waits for ever for the rest of a request's headers; so does the detection of HTTP/2 for the first bytes.
//! Here a connection that has not brought a request in time is dropped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::Request, http::HeaderValue};
use hyper::{body::Incoming, header, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;
use tower_http::{
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
    set_header::SetResponseHeaderLayer,
};

use crate::config;

/// Headers and address of one request: a query in the address is at most 15 KiB, its variables have room.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Requests at a time on one HTTP/2 connection.
const STREAMS_MAX: u32 = 64;

/// After this a silent HTTP/2 peer is asked whether it is there, and has as long to answer.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);

/// After a failed accept, above all for want of file descriptors: trying at once again would only burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bounds of the listener.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Open connections, sockets included; further ones wait in the system's backlog.
    pub connections_max: usize,
    /// How long the headers of a request may take.
    pub header_timeout: Duration,
    /// How long running requests may take to end after the signal to stop.
    pub shutdown_deadline: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            connections_max: 16 * 1024,
            header_timeout: Duration::from_secs(10),
            shutdown_deadline: Duration::from_secs(20),
        }
    }
}

impl From<&config::Server> for ServerOptions {
    fn from(config: &config::Server) -> Self {
        Self {
            connections_max: config.connections_max,
            header_timeout: config.header_timeout.get(),
            shutdown_deadline: config.shutdown_deadline.get(),
        }
    }
}

/// The place of a connection under the limit. A socket holds it on after its connection has left HTTP.
#[derive(Clone, Debug)]
pub(super) struct ConnectionSlot(#[expect(dead_code, reason = "held, never read")] Arc<OwnedSemaphorePermit>);

/// Gives all routes of the service what each response needs: compression, and no guessing of types.
pub fn harden(router: Router) -> Router {
    // Compressed as a whole, a multipart stream would be held back until its end.
    let compressible = DefaultPredicate::new().and(NotForContentType::const_new("multipart/mixed"));
    let nosniff = HeaderValue::from_static("nosniff");
    router
        .layer(CompressionLayer::new().compress_when(compressible))
        .layer(SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, nosniff))
}

/// Serves `router` until `cancel`, then until the running requests have ended or the deadline has passed. Connections run on
/// `tracker`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: ServerOptions,
    tracker: TaskTracker,
    cancel: CancellationToken,
) {
    let slots = Arc::new(Semaphore::new(options.connections_max.min(Semaphore::MAX_PERMITS)));
    let server =
        Server { router, builder: builder(&options, tracker.clone()), options, abort: CancellationToken::new() };
    let graceful = GracefulShutdown::new();
    loop {
        // The place first: a connection that is not accepted costs nothing here.
        let accepted = async {
            let slot = slots.clone().acquire_owned().await.ok()?;
            Some((listener.accept().await, slot))
        };
        let accepted = tokio::select! {
            () = cancel.cancelled() => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Some((Ok((stream, _)), slot)) => {
                let slot = ConnectionSlot(Arc::new(slot));
                tracker.spawn(server.clone().connection(stream, slot, graceful.watcher()));
            }
            Some((Err(error), _)) => {
                tracing::warn!(%error, "could not accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
            None => break,
        }
    }
    drop(listener);
    if timeout(server.options.shutdown_deadline, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still running at the end of the deadline and are cut off");
        server.abort.cancel();
    }
}

/// What all connections share.
#[derive(Clone)]
struct Server {
    router: Router,
    builder: Builder<Tracked>,
    options: ServerOptions,
    /// Ends connections that do not end by themselves.
    abort: CancellationToken,
}

impl Server {
    async fn connection(self, stream: TcpStream, slot: ConnectionSlot, watcher: hyper_util::server::graceful::Watcher) {
        // Events are small and must not wait for each other.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "could not switch off Nagle's algorithm");
        }
        let has_request = Arc::new(AtomicBool::new(false));
        let (router, seen) = (self.router, has_request.clone());
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            seen.store(true, Ordering::Relaxed);
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(slot.clone());
            router.clone().oneshot(request)
        });
        let connection = self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let first_request = async {
            sleep(self.options.header_timeout).await;
            if has_request.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            served = watcher.watch(connection.into_owned()) => {
                if let Err(error) = served {
                    tracing::debug!(error, "a connection ended badly");
                }
            }
            () = first_request => tracing::debug!("a connection brought no request in time"),
            () = self.abort.cancelled() => {}
        }
    }
}

/// Runs the streams of HTTP/2 connections where everything runs.
#[derive(Clone)]
struct Tracked(TaskTracker);

impl<F> hyper::rt::Executor<F> for Tracked
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}

fn builder(options: &ServerOptions, tracker: TaskTracker) -> Builder<Tracked> {
    let mut builder = Builder::new(Tracked(tracker));
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .keep_alive_interval(HTTP2_PING_INTERVAL)
        .keep_alive_timeout(HTTP2_PING_INTERVAL);
    builder
}

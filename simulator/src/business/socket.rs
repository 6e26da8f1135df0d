//! One system on its socket.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, Request, Response, header},
};
use futures::StreamExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::debug;

use super::{
    call::{Call, Reply, decoded, parameters},
    server::{Delivery, Server, System},
};
use crate::{Error, port};

/// Largest request body in bytes: a material document of thousands of items.
const BODY_BYTES_MAX: usize = 4 << 20;
/// How long requests may go on after the stop.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(1);
/// How long to wait when a connection cannot be accepted: others have to close first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long the first half of an answer has to leave before the connection closes.
const FLUSH_TIME: Duration = Duration::from_millis(50);

impl<S: System> Server<S> {
    /// Serves until cancelled.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        name: &'static str,
        tracker: TaskTracker,
        cancel: CancellationToken,
    ) -> Result<(), Error> {
        let port = port::of(&listener, name)?;
        let mut listener = Some(listener);
        let mut restarts = self.restarts();
        loop {
            let open = match listener.take() {
                Some(open) => open,
                None => port::listen(port, name).await?,
            };
            let connections = cancel.child_token();
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                changed = restarts.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let away = *restarts.borrow_and_update();
                    drop(open);
                    connections.cancel();
                    tokio::time::sleep(away).await;
                }
                () = self.accept(&open, &tracker, &connections) => {}
            }
        }
    }

    async fn accept(&self, listener: &TcpListener, tracker: &TaskTracker, connections: &CancellationToken) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let server = self.clone();
                    let closed = connections.clone();
                    tracker.spawn(async move { server.converse(stream, closed).await });
                }
                Err(error) => {
                    debug!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn converse(self, stream: TcpStream, closed: CancellationToken) {
        let service = service_fn(|request| {
            let server = self.clone();
            async move { server.respond(request).await }
        });
        // An answer goes out at once, as from a real server.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            _ = &mut connection => {}
            () = closed.cancelled() => {
                connection.as_mut().graceful_shutdown();
                let _ = tokio::time::timeout(DRAIN_TIME_MAX, connection).await;
            }
        }
    }

    /// An error closes the connection without an answer.
    async fn respond(&self, request: Request<Incoming>) -> Result<Response<Body>, NoAnswer> {
        let call = read(request).await?;
        match self.ask(&call) {
            Delivery::Whole(reply) => Ok(self.response(reply)),
            Delivery::Late(time, reply) => {
                tokio::time::sleep(time).await;
                Ok(self.response(reply))
            }
            Delivery::Half(reply) => Ok(half(self.response(reply)).await),
            Delivery::Never(time) => {
                tokio::time::sleep(time).await;
                Err(NoAnswer)
            }
        }
    }

    fn response(&self, reply: Reply) -> Response<Body> {
        let mut response = Response::new(Body::from(reply.body));
        *response.status_mut() = reply.status;
        let date = self.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        for (name, value) in reply.headers.into_iter().chain([("date", date)]) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// Nobody answers.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed without an answer")]
struct NoAnswer;

async fn read(request: Request<Incoming>) -> Result<Call, NoAnswer> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(Body::new(body), BODY_BYTES_MAX).await.map_err(|_| NoAnswer)?;
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    Ok(Call {
        method: parts.method,
        path: decoded(parts.uri.path(), false),
        query: parameters(parts.uri.query().unwrap_or_default()),
        origin: format!("http://{host}"),
        headers: parts.headers,
        body,
        half: false,
    })
}

/// Promises the whole answer and gives the first half of it.
async fn half(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let length = HeaderValue::from(whole.len());
    let first: Result<Bytes, NoAnswer> = Ok(whole.slice(..whole.len() / 2));
    let chunks = futures::stream::iter([first]).chain(futures::stream::once(async {
        // What was sent so far must leave before the connection closes.
        tokio::time::sleep(FLUSH_TIME).await;
        Err(NoAnswer)
    }));
    parts.headers.insert(header::CONTENT_LENGTH, length);
    Response::from_parts(parts, Body::from_stream(chunks))
}

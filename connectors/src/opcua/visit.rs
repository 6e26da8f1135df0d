//! A short visit to a server: connect, ask, leave. For commands that a person waits for.

use std::{future::Future, sync::Arc, time::Duration};

use futures::StreamExt;
use model::clock::SharedClock;
use opcua::{
    client::{SessionEventLoop, SessionPollResult},
    types::StatusCode,
};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::{
    OpcUaConfig,
    attach::is_connection,
    connect::{Connector, identity_token},
    link::is_refusal,
    services::Services,
    transport::Dialer,
};
use crate::Error;

/// A server that has not let us in by then has other things to do; the person may try again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Leaving politely may take this long.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Does `work` on a session of its own, which is closed afterwards.
///
/// # Errors
/// [`Error::Unreachable`], [`Error::Refused`], [`Error::Untrusted`], [`Error::Pki`] or [`Error::Secret`], each with what
/// to do.
pub(super) async fn visit<T, W, F>(
    config: OpcUaConfig,
    clock: SharedClock,
    tracker: &TaskTracker,
    work: W,
) -> Result<T, Error>
where
    W: FnOnce(Services) -> F,
    F: Future<Output = Result<T, StatusCode>>,
{
    let url = config.url.clone();
    let (source, identity) = (Arc::new(config.clone()), config.identity.clone());
    let opened = tracker.spawn_blocking(move || {
        let identity = identity_token(&identity)?;
        Ok::<_, Error>((Connector::open(source, clock)?, identity))
    });
    let (connector, identity) = opened.await.map_err(|error| Error::Pki { problem: error.to_string() })??;
    let endpoint = connector.endpoint().await?;
    let (session, events) = connector.session(&endpoint, identity)?;
    let driving = drive(events);
    tokio::pin!(driving);
    let services = Services::of(session.clone());
    let worked = async {
        let connected = timeout(CONNECT_TIMEOUT, session.wait_for_connection()).await;
        if !matches!(connected, Ok(true)) {
            return Err(StatusCode::BadTimeout);
        }
        work(services).await
    };
    let outcome = tokio::select! {
        worked = worked => worked,
        ended = &mut driving => return Err(explain(url, ended)),
    };
    let close = async {
        tokio::select! {
            _ = session.disconnect() => {}
            _ = &mut driving => {}
        }
    };
    let _ = timeout(CLOSE_TIMEOUT, close).await;
    outcome.map_err(|status| explain(url, status))
}

/// Keeps the connection going until it is lost or refused: a visit does not wait for a server that went away.
async fn drive(events: SessionEventLoop<Dialer>) -> StatusCode {
    let events = events.enter();
    tokio::pin!(events);
    while let Some(event) = events.next().await {
        match event {
            Ok(SessionPollResult::ConnectionLost(status) | SessionPollResult::ReconnectFailed(status)) => {
                return status;
            }
            Err(status) => return status,
            Ok(_) => {}
        }
    }
    StatusCode::BadConnectionClosed
}

fn explain(url: String, status: StatusCode) -> Error {
    if is_refusal(status) {
        let problem = format!("{status}; compare --security, --user and the password with what the server allows");
        return Error::Refused { url, problem };
    }
    if is_connection(status) {
        return Error::Unreachable { url, problem: format!("the connection ended ({status}); try again") };
    }
    Error::Refused { url, problem: format!("it does not answer what was asked ({status})") }
}

//! Drives one session: the library reconnects it, and we hear what became of it.

use std::time::Duration;

use futures::{FutureExt, StreamExt, future::Fuse};
use opcua::{
    client::{SessionActivity, SessionConnectMode, SessionEventLoop, SessionPollResult},
    types::{EndpointDescription, StatusCode},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{connect::Connector, health::SessionMode, transport::Dialer};
use crate::Error;

/// While reconnecting fails, the server is asked this often whether it is still the one that we chose.
const PROBE: Duration = Duration::from_secs(10);
/// A session may last for months: how often it is looked whether a certificate expires meanwhile.
const EXPIRY: Duration = Duration::from_secs(24 * 60 * 60);
/// So many times it may say yes while reconnecting still fails; then we begin from nothing.
const PROBES: u32 = 3;

/// The connection as it is now.
#[derive(Clone, Debug, Default)]
pub(super) struct Link {
    /// Counts the connections. Another number means that everything in flight is lost.
    pub(super) generation: u64,
    /// How the session came to be active; `None` while there is no connection.
    pub(super) up: Option<SessionMode>,
    /// Why it was lost; `None` before the first attempt.
    pub(super) reason: Option<String>,
    /// The server does not run its program: it says so in its status.
    pub(super) halted: bool,
}

/// Why a session can not be driven any further.
#[derive(Debug)]
pub(super) enum Ended {
    /// The server refuses us. Asking again at once would lock accounts and leave sessions behind.
    Refused(StatusCode),
    /// The endpoint or its certificate is another now, or reconnecting leads nowhere.
    Outdated,
    /// The library gave up.
    Closed(StatusCode),
}

/// Drives the session until it ends. Must be polled all the time: nothing moves on the connection otherwise.
pub(super) async fn drive(
    events: SessionEventLoop<Dialer>,
    link: watch::Sender<Link>,
    connector: &Connector,
    endpoint: &EndpointDescription,
) -> Ended {
    let events = events.enter();
    let probing = Fuse::terminated();
    tokio::pin!(events, probing);
    let mut probes = Probes::new();
    let mut expiry = Instant::now() + EXPIRY;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => match heed(event, &link) {
                    Heard::Changed => probes = Probes::new(),
                    Heard::Refused(status) => return Ended::Refused(status),
                    Heard::Other => {}
                },
                Some(Err(status)) => return Ended::Closed(status),
                None => return Ended::Closed(StatusCode::BadConnectionClosed),
            },
            // Beside the reconnecting, which may be waiting for an answer that never comes.
            () = sleep_until(probes.next), if link.borrow().up.is_none() => {
                probes.next = Instant::now() + PROBE;
                probing.set(connector.endpoint().fuse());
            }
            () = sleep_until(expiry) => {
                expiry = Instant::now() + EXPIRY;
                connector.tell_expiry(endpoint);
            }
            found = &mut probing => {
                if link.borrow().up.is_none() && probes.is_outdated(&found, endpoint) {
                    return Ended::Outdated;
                }
            }
        }
    }
}

/// What an event calls for.
enum Heard {
    /// There is a connection, or there is none any more.
    Changed,
    Refused(StatusCode),
    Other,
}

/// Tells the link what happened.
fn heed(event: SessionPollResult, link: &watch::Sender<Link>) -> Heard {
    match event {
        SessionPollResult::Reconnected(mode) => {
            let mode = match mode {
                SessionConnectMode::NewSession(_) => SessionMode::New,
                SessionConnectMode::ReactivatedSession(_) => SessionMode::Reactivated,
            };
            link.send_modify(|link| {
                link.generation += 1;
                link.up = Some(mode);
                link.halted = false;
            });
            return Heard::Changed;
        }
        SessionPollResult::ConnectionLost(status) => {
            down(link, format!("the connection was lost ({status})"));
            return Heard::Changed;
        }
        SessionPollResult::ReconnectFailed(status) => {
            down(link, format!("the server can not be reached ({status})"));
            if is_refusal(status) {
                return Heard::Refused(status);
            }
        }
        SessionPollResult::SessionActivity(activity) => {
            let halted = matches!(activity, SessionActivity::KeepAliveFailed(StatusCode::BadServerHalted));
            link.send_if_modified(|link| std::mem::replace(&mut link.halted, halted) != halted);
        }
        _ => {}
    }
    Heard::Other
}

fn down(link: &watch::Sender<Link>, reason: String) {
    link.send_if_modified(|link| {
        let news = link.up.is_some() || link.reason.as_ref() != Some(&reason);
        link.up = None;
        link.reason = Some(reason);
        news
    });
}

/// What became of asking the server, beside the reconnecting, whether it is still the same.
struct Probes {
    next: Instant,
    same: u32,
}

impl Probes {
    fn new() -> Self {
        Self { next: Instant::now() + PROBE, same: 0 }
    }

    fn is_outdated(&mut self, found: &Result<EndpointDescription, Error>, endpoint: &EndpointDescription) -> bool {
        match found {
            Ok(found) if found.server_certificate == endpoint.server_certificate => {
                self.same += 1;
                self.same >= PROBES
            }
            // It is there, and another one, or not to be trusted.
            Ok(_) | Err(Error::Untrusted { .. } | Error::Refused { .. }) => true,
            Err(_) => false,
        }
    }
}

/// Whether a status means that the server knows us and says no.
pub(super) fn is_refusal(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadUserAccessDenied
            | StatusCode::BadIdentityTokenInvalid
            | StatusCode::BadIdentityTokenRejected
            | StatusCode::BadUserSignatureInvalid
            | StatusCode::BadApplicationSignatureInvalid
            | StatusCode::BadSecurityChecksFailed
            | StatusCode::BadSecurityModeRejected
            | StatusCode::BadSecurityPolicyRejected
            | StatusCode::BadCertificateInvalid
            | StatusCode::BadCertificateTimeInvalid
            | StatusCode::BadCertificateUntrusted
            | StatusCode::BadCertificateUriInvalid
            | StatusCode::BadCertificateHostNameInvalid
            | StatusCode::BadCertificateUseNotAllowed
            | StatusCode::BadCertificateRevoked
            | StatusCode::BadCertificateChainIncomplete
            | StatusCode::BadCertificateIssuerUseNotAllowed
            | StatusCode::BadCertificateIssuerRevoked
    )
}

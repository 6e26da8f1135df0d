//! From a URL to a session: ask for the endpoints, choose ours, check the certificate, say who we are.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use metrics::{counter, gauge};
use model::clock::SharedClock;
use opcua::{
    client::{Client, ClientBuilder, ClientConfig, IdentityToken, Password, Session, SessionBuilder, SessionEventLoop},
    core::comms::url::hostname_from_url,
    crypto::SecurityPolicy,
    types::{EndpointDescription, MessageSecurityMode, UserTokenType},
};
use tokio::time::timeout;

use super::{
    OpcUaConfig,
    certificate::Certificate,
    pki::{Pki, Refused},
    transport::Dialer,
};
use crate::{
    Error,
    plant_file::{Identity, Security},
};

/// How we are called in a server's list of clients.
const APPLICATION_NAME: &str = "plantgraph";
/// Asking for the endpoints takes a connection and two requests.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(5);
/// Every service but Publish answers by then, or is asked again.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// A server keeps our session this long without hearing of us.
const SESSION_TIMEOUT_MS: u32 = 300_000;
/// First pause between two attempts to get a lost connection back.
const RETRY_INITIAL: Duration = Duration::from_millis(250);
/// Longest such pause: every half second of it is half a second of queue in the server.
const RETRY_MAX: Duration = Duration::from_millis(500);
/// The library reads the server's state this often, which also keeps the session.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// Who has to get a new certificate has this long: orders, maintenance windows.
const EXPIRES_SOON: TimeDelta = TimeDelta::days(30);
/// Largest message: a burst after an outage comes in one piece from some servers. The library's own bound of 320 KiB
/// would close the connection, for ever anew.
const MAX_MESSAGE: usize = 64 << 20;
/// Chunks of such a message.
const MAX_CHUNKS: usize = 2_000;
/// Values in such a message.
const MAX_ARRAY: usize = 1_000_000;

/// Knows how to reach one server.
pub(super) struct Connector {
    source: Arc<OpcUaConfig>,
    pki: Pki,
    config: ClientConfig,
    discovery: Client,
    clock: SharedClock,
    /// What was said of a changed certificate last.
    alerted: Mutex<Option<String>>,
}

impl Connector {
    /// Opens the folder of keys. Blocking.
    ///
    /// # Errors
    /// [`Error::Pki`].
    pub(super) fn open(source: Arc<OpcUaConfig>, clock: SharedClock) -> Result<Self, Error> {
        let pki = Pki::open(&source.pki)?;
        let config = client(&source, &pki, -1);
        // Discovery is repeated by the engine, with other pauses and with reasons for people.
        let discovery = Client::new(client(&source, &pki, 0));
        Ok(Self { source, pki, config, discovery, clock, alerted: Mutex::new(None) })
    }

    /// Asks the server for its endpoints and returns the one that the plant file wants, with its certificate checked.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Refused`] or [`Error::Untrusted`], each with what to do.
    pub(super) async fn endpoint(&self) -> Result<EndpointDescription, Error> {
        let url = &self.source.url;
        let unreachable = |problem: String| Error::Unreachable { url: url.clone(), problem };
        let asked = self.discovery.get_server_endpoints_from_url(Dialer::to(url));
        let endpoints = timeout(DISCOVERY_TIMEOUT, asked)
            .await
            .map_err(|_| unreachable("it does not answer".to_owned()))?
            .map_err(|error| unreachable(error.to_string()))?;
        let endpoint = choose(endpoints, self.source.security, &self.source.identity)
            .map_err(|problem| Error::Refused { url: url.clone(), problem })?;
        if self.source.security != Security::None {
            let host = match &self.source.certificate_host {
                Some(host) => host.clone(),
                None => hostname_from_url(url).map_err(|error| unreachable(error.to_string()))?,
            };
            let uri = endpoint.server.application_uri.as_ref();
            let checked = match Certificate::from_der(endpoint.server_certificate.as_ref()) {
                Ok(certificate) => self.pki.check(&certificate, uri, &host, self.clock.now()).await,
                Err(problem) => Err(problem.into()),
            };
            if let Err(refused) = checked {
                self.alert(&refused);
                return Err(Error::Untrusted { url: url.clone(), problem: refused.problem });
            }
            self.tell_expiry(&endpoint);
        }
        Ok(EndpointDescription { endpoint_url: url.as_str().into(), ..endpoint })
    }

    /// Says that a server which was trusted shows another certificate now. Once for each: it is looked at again and again.
    fn alert(&self, refused: &Refused) {
        let mut alerted = self.alerted.lock().unwrap_or_else(PoisonError::into_inner);
        if !refused.changed || alerted.as_ref() == Some(&refused.problem) {
            return;
        }
        let source = &self.source.source;
        tracing::error!(source, problem = refused.problem, "the certificate of an OPC UA server has changed");
        counter!("plantgraph_opcua_certificate_changes_total", "source" => source.clone()).increment(1);
        *alerted = Some(refused.problem.clone());
    }

    /// Tells until when the certificates are valid, and warns when that is soon: a server whose certificate has expired is
    /// not read any more, and nobody gets a new one within the hour.
    pub(super) fn tell_expiry(&self, endpoint: &EndpointDescription) {
        if self.source.security == Security::None {
            return;
        }
        let server = Certificate::from_der(endpoint.server_certificate.as_ref()).ok();
        let server = server.map(|certificate| ("server", certificate.not_after()));
        for (whose, until) in server.into_iter().chain([("own", self.pki.own_until)]) {
            let source = self.source.source.clone();
            gauge!("plantgraph_opcua_certificate_expires_timestamp_seconds", "source" => source, "whose" => whose)
                .set(until.timestamp() as f64);
            if until - self.clock.now() < EXPIRES_SOON {
                let source = &self.source.source;
                tracing::warn!(source, whose, %until, "a certificate expires soon; replace it before that");
            }
        }
    }

    /// A session on that endpoint, which connects when its event loop is driven.
    ///
    /// # Errors
    /// [`Error::Refused`] when the endpoint can not be used.
    pub(super) fn session(
        &self,
        endpoint: &EndpointDescription,
        identity: IdentityToken,
    ) -> Result<(Arc<Session>, SessionEventLoop<Dialer>), Error> {
        let refused =
            |error: opcua::types::Error| Error::Refused { url: self.source.url.clone(), problem: error.to_string() };
        SessionBuilder::new(&self.config)
            .connect_to_endpoint_directly(endpoint.clone())
            .map_err(refused)?
            .user_identity_token(identity)
            .with_connector(Dialer::to(&self.source.url))
            .build(self.pki.store.clone())
            .map_err(refused)
    }
}

/// Reads who we are. Blocking: secrets and keys are files.
///
/// # Errors
/// [`Error::Secret`] or [`Error::Pki`], naming the place.
pub(super) fn identity_token(identity: &Identity) -> Result<IdentityToken, Error> {
    Ok(match identity {
        Identity::Anonymous => IdentityToken::Anonymous,
        Identity::User { name, password } => {
            IdentityToken::UserName(name.clone(), Password::new(password.read()?.expose()))
        }
        Identity::Certificate { certificate, key } => {
            IdentityToken::new_x509_path(certificate, key).map_err(|error| {
                let problem = format!("{} with {}: {error}", certificate.display(), key.display());
                Error::Pki { problem }
            })?
        }
    })
}

fn client(source: &OpcUaConfig, pki: &Pki, retry_limit: i32) -> ClientConfig {
    ClientBuilder::new()
        .application_name(APPLICATION_NAME)
        .application_uri(pki.application_uri.clone())
        .product_uri("urn:plantgraph")
        .session_name(APPLICATION_NAME)
        .pki_dir(&source.pki)
        // Trust is a person's decision, and the names are checked by us: see `certificate`.
        .trust_server_certs(false)
        .verify_server_certs(false)
        .session_retry_limit(retry_limit)
        .session_retry_initial(RETRY_INITIAL)
        .session_retry_max(RETRY_MAX)
        .keep_alive_interval(KEEP_ALIVE)
        // The library would close the session, which is what we want to keep.
        .max_failed_keep_alive_count(0)
        .request_timeout(REQUEST_TIMEOUT)
        .session_timeout(SESSION_TIMEOUT_MS)
        .recreate_subscriptions(false)
        .max_array_length(MAX_ARRAY)
        .max_message_size(MAX_MESSAGE)
        .max_chunk_count(MAX_CHUNKS)
        .into_config()
}

/// The endpoint with the wanted security that also takes the wanted identity.
fn choose(
    endpoints: Vec<EndpointDescription>,
    security: Security,
    identity: &Identity,
) -> Result<EndpointDescription, String> {
    let (mode, policy) = match security {
        Security::None => (MessageSecurityMode::None, SecurityPolicy::None),
        Security::Basic256Sha256 => (MessageSecurityMode::SignAndEncrypt, SecurityPolicy::Basic256Sha256),
    };
    let token = match identity {
        Identity::Anonymous => UserTokenType::Anonymous,
        Identity::User { .. } => UserTokenType::UserName,
        Identity::Certificate { .. } => UserTokenType::Certificate,
    };
    let offered: Vec<_> = endpoints.iter().map(describe).collect();
    let secured = endpoints
        .into_iter()
        .filter(|endpoint| endpoint.security_mode == mode && endpoint.security_policy_uri.as_ref() == policy.to_uri());
    let mut secured = secured.peekable();
    if secured.peek().is_none() {
        return Err(format!("it offers no endpoint with security = {security:?}; it offers: {}", offered.join("; ")));
    }
    let mut endpoint = secured.find(|endpoint| endpoint.find_policy(token).is_some()).ok_or_else(|| {
        format!("it takes no identity of the kind {token:?} there; it offers: {}", offered.join("; "))
    })?;
    // An empty policy of a token means the endpoint's own; the library takes it for none, and would not sign.
    let uri = endpoint.security_policy_uri.clone();
    for policy in endpoint.user_identity_tokens.iter_mut().flatten() {
        if policy.token_type == UserTokenType::Certificate && policy.security_policy_uri.is_empty() {
            policy.security_policy_uri = uri.clone();
        }
    }
    Ok(endpoint)
}

/// An endpoint for a person.
fn describe(endpoint: &EndpointDescription) -> String {
    let policy = endpoint.security_policy_uri.as_ref().rsplit('#').next().unwrap_or_default();
    let tokens = endpoint.user_identity_tokens.iter().flatten().map(|token| format!("{:?}", token.token_type));
    format!("{policy} {:?} for {}", endpoint.security_mode, tokens.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use opcua::types::UserTokenPolicy;

    use super::*;

    fn endpoint(policy: SecurityPolicy, mode: MessageSecurityMode, tokens: &[UserTokenType]) -> EndpointDescription {
        let tokens = tokens.iter().map(|token| UserTokenPolicy { token_type: *token, ..Default::default() }).collect();
        EndpointDescription {
            security_mode: mode,
            security_policy_uri: policy.to_uri().into(),
            user_identity_tokens: Some(tokens),
            ..Default::default()
        }
    }

    fn offered() -> Vec<EndpointDescription> {
        vec![
            endpoint(SecurityPolicy::None, MessageSecurityMode::None, &[UserTokenType::Anonymous]),
            endpoint(SecurityPolicy::Basic256Sha256, MessageSecurityMode::Sign, &[UserTokenType::Anonymous]),
            endpoint(
                SecurityPolicy::Basic256Sha256,
                MessageSecurityMode::SignAndEncrypt,
                &[UserTokenType::Certificate],
            ),
        ]
    }

    fn certificate() -> Identity {
        Identity::Certificate { certificate: "c".into(), key: "k".into() }
    }

    #[test]
    fn the_wanted_endpoint_is_chosen() {
        let chosen = choose(offered(), Security::None, &Identity::Anonymous).expect("offered");
        assert_eq!(chosen.security_mode, MessageSecurityMode::None);
        let chosen = choose(offered(), Security::Basic256Sha256, &certificate()).expect("offered");
        assert_eq!(chosen.security_mode, MessageSecurityMode::SignAndEncrypt);
        let token = chosen.find_policy(UserTokenType::Certificate).expect("kept");
        assert_eq!(token.security_policy_uri.as_ref(), SecurityPolicy::Basic256Sha256.to_uri());
    }

    #[test]
    fn a_refusal_says_what_is_offered() {
        let problem = choose(offered(), Security::Basic256Sha256, &Identity::Anonymous).expect_err("not offered");
        assert!(problem.contains("Anonymous") && problem.contains("Basic256Sha256 SignAndEncrypt"), "{problem}");
        let problem = choose(vec![], Security::None, &Identity::Anonymous).expect_err("nothing there");
        assert!(problem.contains("no endpoint"), "{problem}");
    }
}

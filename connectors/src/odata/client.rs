//! Requests to a service of OData: who we are, the session, the form of the protocol, and what an answer says.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{HeaderName, HeaderValue},
};
use serde_json::{Map, Value};

use super::{
    envelope,
    literal::Protocol,
    manifest::System,
    request::Request,
    session::{FETCH, Session, TOKEN, wants_token},
};
use crate::{
    Error,
    actions::{Answer, Failure, Intent},
    authorizer::Authorizer,
    http::{self, Problem, foreign},
    json,
    manifest::{Scope, Template},
    plant_file::{SecretSource, SystemSection},
};

/// A client of one system.
pub(super) struct Client {
    http: http::Client,
    protocol: Protocol,
    authorizer: Authorizer,
    scope: Scope,
    secrets: BTreeMap<String, SecretSource>,
    headers: IndexMap<String, Template>,
    query: Vec<(String, Value)>,
    csrf: bool,
    session: Option<Session>,
}

/// What is asked for, ready to be sent as often as it takes.
struct Wire<'a> {
    method: Method,
    reference: &'a str,
    headers: Vec<(String, String)>,
    body: Option<&'a Value>,
    act: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The transport's.
    Http(Problem),
    /// Of the login, or of the request itself.
    Ours(Error),
    /// The request is none.
    Unusable(String),
}

impl Client {
    /// A client for the system of a plant file. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::ErpUnreachable`] when the URL is unusable, [`Error::Secret`] when a header needs one that is missing.
    pub(super) fn new(system: &System, section: &SystemSection) -> Result<Self, Error> {
        let http = http::Client::new(&section.url)?;
        let scope = Scope::new().with("option", section.options_json());
        let fill = |(name, template): (&String, &Template)| match template.render(&scope) {
            Ok(value) => Ok((name.clone(), value)),
            Err(problem) => Err(http.refused(name, problem)),
        };
        let query = system.query.iter().map(fill).collect::<Result<_, _>>()?;
        let authorizer = Authorizer::new(&system.auth, section);
        let (protocol, csrf) = (system.protocol, system.csrf);
        let (headers, secrets) = (system.headers.clone(), section.secrets.clone());
        Ok(Self { http, protocol, authorizer, scope, secrets, headers, query, csrf, session: None })
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) fn http(&self) -> &http::Client {
        &self.http
    }

    /// The reference of a request, with the parameters of every request.
    pub(super) fn reference(&self, request: &Request) -> Result<String, String> {
        let mut request = request.clone();
        for (name, value) in &self.query {
            request.query.entry(name.clone()).or_insert_with(|| value.clone());
        }
        request.reference(self.protocol)
    }

    /// Reads a reference, of this origin only.
    pub(super) async fn get(&mut self, reference: &str, prefer: Option<String>) -> Result<http::Answer, Trouble> {
        let headers = prefer.map(|prefer| ("Prefer".to_owned(), prefer)).into_iter().collect();
        self.send(Wire { method: Method::GET, reference, headers, body: None, act: false }, "").await
    }

    /// Sends a request of a manifest.
    pub(super) async fn ask(&mut self, request: &Request, intent: Intent) -> Result<http::Answer, Trouble> {
        let act = intent == Intent::Act;
        let method = request.method().map_err(Trouble::Unusable)?;
        if !act && method != Method::GET {
            return Err(Trouble::Unusable(format!("{method} is no reading")));
        }
        let mut headers = Vec::new();
        for (name, value) in &request.headers {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            headers.push((name.clone(), text));
        }
        headers.extend(request.if_match.clone().map(|etag| ("If-Match".to_owned(), etag)));
        let reference = self.reference(request).map_err(Trouble::Unusable)?;
        let wire = Wire { method, reference: &reference, headers, body: request.body.as_ref(), act };
        self.send(wire, &request.service).await
    }

    /// Sends, and once more after a refusal that surely had no effect: an old session, a missing token.
    async fn send(&mut self, wire: Wire<'_>, service: &str) -> Result<http::Answer, Trouble> {
        let (mut renewed, mut fetched) = (false, false);
        loop {
            if wire.act && self.csrf && self.session.is_none() {
                self.session = Some(self.fetch(service).await?);
            }
            let request = self.build(&wire).await?;
            let answer = self.http.send(request).await.map_err(Trouble::Http)?;
            if answer.status == StatusCode::UNAUTHORIZED && !renewed {
                renewed = true;
                self.session = None;
                self.authorizer.forget();
                continue;
            }
            if wire.act && self.csrf && wants_token(&answer) && !fetched {
                fetched = true;
                self.session = None;
                continue;
            }
            return Ok(answer);
        }
    }

    /// Begins a session: its token and its cookies.
    async fn fetch(&mut self, service: &str) -> Result<Session, Trouble> {
        let reference = format!("{}/", service.trim_end_matches('/'));
        let mut renewed = false;
        loop {
            let headers = vec![(TOKEN.to_owned(), FETCH.to_owned())];
            let wire = Wire { method: Method::GET, reference: &reference, headers, body: None, act: false };
            let request = self.build(&wire).await?;
            // Whatever happens to this one, the request that acts was not sent.
            let not_sent = |problem| match problem {
                Problem::Lost(problem) => Trouble::Http(Problem::NotSent(problem)),
                other => Trouble::Http(other),
            };
            let answer = self.http.send(request).await.map_err(not_sent)?;
            if answer.status == StatusCode::UNAUTHORIZED && !renewed {
                renewed = true;
                self.authorizer.forget();
                continue;
            }
            let refused = || Trouble::Ours(self.failed("the token", &answer));
            return match answer.status.is_success() {
                true => Session::begun(&answer).ok_or_else(|| {
                    Trouble::Ours(self.http.unreadable("the token", "the answer has no header x-csrf-token"))
                }),
                false => Err(refused()),
            };
        }
    }

    async fn build(&mut self, wire: &Wire<'_>) -> Result<RequestBuilder, Trouble> {
        let mut request = self.http.request_to(wire.method.clone(), wire.reference).map_err(Trouble::Unusable)?;
        request = request.header("Accept", "application/json");
        if self.protocol == Protocol::V4 {
            request = request.header("OData-MaxVersion", "4.0").header("OData-Version", "4.0");
        }
        for (name, value) in &wire.headers {
            request = request.header(name, value);
        }
        if !self.headers.is_empty() {
            request = self.constant(request).map_err(Trouble::Ours)?;
        }
        if let Some(body) = wire.body {
            request = request.json(body);
        }
        if let Some(session) = &self.session {
            request = session.apply(request, wire.act);
        }
        self.authorizer.apply(&self.http, request).await.map_err(Trouble::Ours)
    }

    /// The headers of every request. Secrets are read anew: they may have been changed.
    fn constant(&self, mut request: RequestBuilder) -> Result<RequestBuilder, Error> {
        let mut secrets = Map::new();
        for (name, secret) in &self.secrets {
            secrets.insert(name.clone(), Value::from(secret.read()?.expose()));
        }
        let scope = self.scope.clone().with("secret", Value::Object(secrets));
        for (name, template) in &self.headers {
            let value =
                template.render(&scope).map_err(|_| self.http.refused(name, "the header can not be filled in"))?;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let mut value =
                HeaderValue::try_from(text).map_err(|_| self.http.refused(name, "it is no value of a header"))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        Ok(request)
    }

    /// The error of an answer that is no success, with the system's own text.
    pub(super) fn failed(&self, operation: &str, answer: &http::Answer) -> Error {
        let text = json::whole(&answer.body).ok().and_then(|body| envelope::error_text(&body));
        self.http.failed(operation, answer.status, &text.unwrap_or_default())
    }

    /// A trouble as the error of a read.
    pub(super) fn error(&self, operation: &str, trouble: Trouble) -> Error {
        match trouble {
            Trouble::Http(problem) => self.http.error(problem),
            Trouble::Ours(error) => error,
            Trouble::Unusable(problem) => self.http.refused(operation, problem),
        }
    }
}

impl crate::actions::Transport for Client {
    async fn send(&mut self, request: &Value, intent: Intent) -> Result<Answer, Failure> {
        let request = Request::read(request).map_err(Failure::Unusable)?;
        match self.ask(&request, intent).await {
            Ok(answer) => Ok(seen(&answer)),
            Err(Trouble::Http(Problem::NotSent(problem))) => Err(Failure::NotSent(problem)),
            Err(Trouble::Http(Problem::Lost(problem))) => Err(Failure::Lost(problem)),
            Err(Trouble::Http(Problem::Busy { problem, retry_after })) => Err(Failure::Busy { problem, retry_after }),
            Err(Trouble::Unusable(problem)) => Err(Failure::Unusable(problem)),
            Err(Trouble::Ours(error)) => Err(before(&error)),
        }
    }

    fn judge(&self, answer: &Answer) -> crate::actions::Verdict {
        let verdict = crate::actions::by_status(answer);
        match envelope::error_text(&answer.body) {
            Some(text) => verdict.saying(text),
            None => verdict,
        }
    }
}

/// What went wrong before the request that acts was sent.
fn before(error: &Error) -> Failure {
    match error {
        Error::ErpBusy { retry_after, .. } => Failure::Busy { problem: error.to_string(), retry_after: *retry_after },
        Error::ErpUnreachable { .. } => Failure::NotSent(error.to_string()),
        _ => Failure::Auth(error.to_string()),
    }
}

/// An answer as the expressions see it. What is no JSON is text.
fn seen(answer: &http::Answer) -> Answer {
    let body = match json::whole(&answer.body) {
        Ok(body) => body,
        Err(_) if answer.body.is_empty() => Value::Null,
        Err(_) => Value::String(foreign(&String::from_utf8_lossy(&answer.body))),
    };
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), Value::String(value.to_str().ok()?.to_owned())))
    };
    // A session is nobody's business.
    let plain = |(name, _): &(String, Value)| name != "set-cookie" && name != TOKEN;
    let headers = answer.headers.iter().filter_map(header).filter(plain).collect();
    Answer { status: answer.status.as_u16(), headers, body }
}

//! Requests and answers of a system of JSON over HTTP.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use indexmap::IndexMap;
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{HeaderName, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::manifest::System;
use crate::{
    Error,
    actions::{Answer, Failure, Intent, Transport},
    authorizer::Authorizer,
    http::{self, Problem, foreign},
    json::{self, Rows},
    manifest::{Scope, Template, plain},
    plant_file::{SecretSource, SystemSection},
};

/// A request, ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Path and query, below the URL of the plant file; or a whole URL of the same origin.
    pub(super) reference: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Value>,
}

/// An answer with rows.
pub(super) struct Answered {
    pub(super) rows: Rows,
    /// The clock of the system when the request was sent, or a little before.
    pub(super) sent_at: Option<DateTime<Utc>>,
    /// The header `Link` with `rel="next"`.
    pub(super) next: Option<String>,
}

/// Why there are no rows.
pub(super) enum Trouble {
    /// The system does not know the place any more that it gave itself.
    PlaceForgotten(Error),
    /// Everything else.
    Error(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A client of one system.
pub(super) struct Client {
    http: http::Client,
    authorizer: Authorizer,
    system: System,
    names: Scope,
    secrets: BTreeMap<String, SecretSource>,
}

impl Client {
    /// A client for the system of a plant file. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::ErpUnreachable`] when the URL is unusable.
    pub(super) fn new(system: &System, section: &SystemSection) -> Result<Self, Error> {
        Ok(Self {
            http: http::Client::new(&section.url)?,
            authorizer: Authorizer::new(&system.auth, section),
            system: system.clone(),
            names: Scope::new().with("option", section.options_json()),
            secrets: section.secrets.clone(),
        })
    }

    /// The names that every request sees.
    pub(super) fn names(&self) -> Scope {
        self.names.clone()
    }

    /// For errors.
    pub(super) fn http(&self) -> &http::Client {
        &self.http
    }

    /// Asks for rows. `path` leads to them.
    pub(super) async fn rows(
        &mut self,
        operation: &str,
        request: &Request,
        path: &[String],
    ) -> Result<Answered, Trouble> {
        let sent = Instant::now();
        let answer = self.answer(request).await?;
        let elapsed = TimeDelta::from_std(sent.elapsed()).unwrap_or(TimeDelta::MAX);
        let rows = json::rows(&answer.body, path);
        let body = rows.as_ref().map(|rows| rows.rest.clone()).or_else(|_| json::whole(&answer.body));
        self.judge(operation, &answer, body.as_ref().ok()).map_err(|error| match answer.status {
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::GONE => Trouble::PlaceForgotten(error),
            _ => Trouble::Error(error),
        })?;
        let rows = rows.map_err(|problem| self.http.unreadable(operation, problem))?;
        let clock = self.clock(operation, &answer, &rows.rest)?;
        Ok(Answered { rows, sent_at: clock.map(|clock| clock - elapsed), next: next_link(&answer) })
    }

    /// Asks for one record; `None`: there is none.
    pub(super) async fn one(&mut self, operation: &str, request: &Request) -> Result<Option<Value>, Error> {
        let answer = self.answer(request).await?;
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(None);
        }
        let body = json::whole(&answer.body);
        self.judge(operation, &answer, body.as_ref().ok())?;
        body.map(Some).map_err(|problem| self.http.unreadable(operation, problem))
    }

    /// Sends, and once more after a new login.
    async fn answer(&mut self, request: &Request) -> Result<http::Answer, Error> {
        let mut renewed = false;
        loop {
            let built = self.build(request).map_err(|problem| self.http.refused("a request", problem))?;
            let built = self.constant(built)?;
            let built = self.authorizer.apply(&self.http, built).await?;
            let answer = self.http.send(built).await.map_err(|problem| self.http.error(problem))?;
            if answer.status != StatusCode::UNAUTHORIZED || renewed {
                return Ok(answer);
            }
            renewed = true;
            self.authorizer.forget();
        }
    }

    fn build(&self, request: &Request) -> Result<RequestBuilder, String> {
        let mut built = self.http.request_to(request.method.clone(), &request.reference)?;
        built = built.header("Accept", "application/json");
        for (name, value) in &request.headers {
            built = built.header(name, value);
        }
        Ok(match &request.body {
            Some(body) => built.json(body),
            None => built,
        })
    }

    /// The headers of every request. Secrets are read anew: they may have been changed.
    fn constant(&self, mut request: RequestBuilder) -> Result<RequestBuilder, Error> {
        if self.system.headers.is_empty() {
            return Ok(request);
        }
        let mut secrets = Map::new();
        for (name, secret) in &self.secrets {
            secrets.insert(name.clone(), Value::from(secret.read()?.expose()));
        }
        let scope = self.names.clone().with("secret", Value::Object(secrets));
        for (name, template) in &self.system.headers {
            // The text of a problem could show the secret.
            let unusable =
                || self.http.refused("a request", format!("the header {} can not be filled in", foreign(name)));
            let Some(text) = template.render_text(&scope).map_err(|_| unusable())? else { continue };
            let mut value = HeaderValue::try_from(text).map_err(|_| unusable())?;
            value.set_sensitive(true);
            request = request.header(HeaderName::try_from(name).map_err(|_| unusable())?, value);
        }
        Ok(request)
    }

    /// Whether an answer is what was asked for.
    fn judge(&self, operation: &str, answer: &http::Answer, body: Option<&Value>) -> Result<(), Error> {
        let scope = self.answered(answer, body.cloned().unwrap_or_default());
        let good = match self.system.success.is_empty() {
            true => answer.status.is_success(),
            // A rule that can not be evaluated does not hold: what is not known to be a success is none.
            false => self.system.success.iter().all(|rule| rule.holds(&scope).unwrap_or(false)),
        };
        if good {
            return Ok(());
        }
        let said = self.system.refusal.as_ref().and_then(|text| text.value(&scope).ok());
        let said = said.and_then(|text| plain(&text).ok()).unwrap_or_default();
        match answer.status.is_success() {
            true if said.is_empty() => Err(self.http.unreadable(operation, "the answer is no success by the manifest")),
            true => Err(self.http.refused(operation, foreign(&said))),
            false => Err(self.http.failed(operation, answer.status, &said)),
        }
    }

    fn answered(&self, answer: &http::Answer, body: Value) -> Scope {
        let http = json!({ "status": answer.status.as_u16(), "headers": headers(answer) });
        self.names.clone().with("http", http).with("body", body)
    }

    fn clock(&self, operation: &str, answer: &http::Answer, rest: &Value) -> Result<Option<DateTime<Utc>>, Error> {
        let Some(clock) = &self.system.clock else { return Ok(answer.server_time()) };
        let told = clock.value(&self.answered(answer, rest.clone()));
        let time = told.and_then(|told| {
            let text = told.as_str().unwrap_or_default();
            DateTime::parse_from_rfc3339(text).map_err(|_| format!("{} is no time", crate::manifest::shown(text)))
        });
        time.map(|time| Some(time.to_utc()))
            .map_err(|problem| self.http.unreadable(operation, format!("clock: {problem}")))
    }
}

fn headers(answer: &http::Answer) -> Map<String, Value> {
    let names = answer.headers.keys().map(HeaderName::as_str);
    names.filter_map(|name| Some((name.to_owned(), Value::from(answer.header(name)?)))).collect()
}

/// `<url>; rel="next"`, among others (RFC 8288).
fn next_link(answer: &http::Answer) -> Option<String> {
    answer.header("link")?.split(',').find_map(|link| {
        let (url, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let next = parameters.split(';').map(str::trim).any(|part| matches!(part, "rel=next" | "rel=\"next\""));
        next.then(|| url.to_owned())
    })
}

/// Fills in a request of a manifest.
///
/// # Errors
/// The key that has no value.
pub(super) fn fill(
    (get, post): (&Option<Template>, &Option<Template>),
    query: &IndexMap<String, Template>,
    body: &Option<Template>,
    scope: &Scope,
) -> Result<Request, String> {
    let (method, path) = match (get, post) {
        (Some(path), _) => (Method::GET, path),
        (None, Some(path)) => (Method::POST, path),
        (None, None) => return Err("neither get nor post".to_owned()),
    };
    let mut pairs = Vec::new();
    for (name, template) in query {
        let value = template.render(scope).map_err(|problem| format!("query.{name}: {problem}"))?;
        pairs.extend(parameter(value).map(|value| (name.clone(), value)));
    }
    let path = path.render_path(scope)?;
    let body =
        body.as_ref().map(|body| body.render(scope)).transpose().map_err(|problem| format!("body: {problem}"))?;
    Ok(Request { method, reference: reference(&path, &pairs), headers: Vec::new(), body })
}

/// A parameter; null: it is left out. Lists and objects are sent as JSON, as some interfaces want them.
fn parameter(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// Path and query. A path is always below the URL of the plant file, with or without a slash before it.
fn reference(path: &str, query: &[(String, String)]) -> String {
    let path = path.trim_start_matches('/');
    if query.is_empty() {
        return path.to_owned();
    }
    let mut url = reqwest::Url::parse("http://q").expect("it is a URL");
    url.query_pairs_mut().extend_pairs(query);
    let glue = if path.contains('?') { '&' } else { '?' };
    format!("{path}{glue}{}", url.query().unwrap_or_default())
}

/// A request of an action: `{post: /path, query: {…}, headers: {…}, body: {…}}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionRequest {
    get: Option<String>,
    post: Option<String>,
    put: Option<String>,
    patch: Option<String>,
    delete: Option<String>,
    #[serde(default)]
    query: Map<String, Value>,
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
}

impl ActionRequest {
    fn checked(self, intent: Intent) -> Result<Request, String> {
        let methods = [
            (Method::GET, self.get),
            (Method::POST, self.post),
            (Method::PUT, self.put),
            (Method::PATCH, self.patch),
            (Method::DELETE, self.delete),
        ];
        let mut asked = methods.into_iter().filter_map(|(method, path)| Some((method, path?)));
        let (Some((method, path)), None) = (asked.next(), asked.next()) else {
            return Err("write one of get, post, put, patch and delete, with a path".to_owned());
        };
        // A POST may well only read; everything else changes something.
        if intent == Intent::Read && !matches!(method, Method::GET | Method::POST) {
            return Err(format!("{method} is no reading"));
        }
        let pairs: Vec<_> =
            self.query.into_iter().filter_map(|(name, value)| Some((name, parameter(value)?))).collect();
        let headers = self.headers.into_iter().map(|(name, value)| Ok((name, plain(&value)?)));
        let headers = headers.collect::<Result<_, String>>()?;
        Ok(Request { method, reference: reference(&path, &pairs), headers, body: self.body })
    }
}

impl Transport for Client {
    async fn send(&mut self, request: &Value, intent: Intent) -> Result<Answer, Failure> {
        let request: ActionRequest =
            serde_json::from_value(request.clone()).map_err(|error| Failure::Unusable(error.to_string()))?;
        let request = request.checked(intent).map_err(Failure::Unusable)?;
        let mut renewed = false;
        let answer = loop {
            let built = self.build(&request).map_err(Failure::Unusable)?;
            let built = self.constant(built).map_err(|error| Failure::Auth(error.to_string()))?;
            let built = match self.authorizer.apply(&self.http, built).await {
                Ok(built) => built,
                // Whatever happened to the login, the request itself was not sent.
                Err(error @ (Error::ErpUnreachable { .. } | Error::ErpBusy { .. })) => {
                    return Err(Failure::NotSent(error.to_string()));
                }
                Err(error) => return Err(Failure::Auth(error.to_string())),
            };
            let answer = self.http.send(built).await.map_err(|problem| match problem {
                Problem::NotSent(problem) => Failure::NotSent(problem),
                Problem::Lost(problem) => Failure::Lost(problem),
                Problem::Busy { problem, retry_after } => Failure::Busy { problem, retry_after },
            })?;
            // Who is not let in has had no effect: the same request may go out again.
            if answer.status != StatusCode::UNAUTHORIZED || renewed {
                break answer;
            }
            renewed = true;
            self.authorizer.forget();
        };
        let text = || Value::String(String::from_utf8_lossy(&answer.body).into_owned());
        let body =
            if answer.body.is_empty() { Value::Null } else { json::whole(&answer.body).unwrap_or_else(|_| text()) };
        Ok(Answer { status: answer.status.as_u16(), headers: headers(&answer), body })
    }
}

/// The way of actions to a system of JSON over HTTP. A request is `{post: /path, query: {…}, headers: {…}, body: {…}}`.
///
/// # Errors
/// [`Error::ErpUnreachable`] when the URL is unusable.
pub fn transport(system: &System, section: &SystemSection) -> Result<impl Transport + use<>, Error> {
    Client::new(system, section)
}

//! HTTP to a business system: one pinned origin, deadlines, and a bound on every answer.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode, Url,
    header::{self, HeaderMap},
    redirect,
};
use serde::de::DeserializeOwned;

use crate::Error;

/// A system that does not even accept a connection in this time is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A whole answer. The slowest page that we have seen took 3 s; a loaded ERP gets ten times that.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer. A page of 500 rows is below 1 MiB; a system that sends more than this is not sending a page.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// A system may not make us wait longer than this, whatever it asks for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);
/// Text of a foreign system that goes into an error: enough to recognise it.
const FOREIGN_TEXT_CHARS_MAX: usize = 200;

/// The way to one system.
pub(super) struct Transport {
    client: Client,
    base: Url,
}

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The header `Date`: the clock of the system, to the second.
    pub(super) server_time: Option<DateTime<Utc>>,
    body: Vec<u8>,
}

impl Transport {
    /// No redirect is followed and no proxy of the environment is used: credentials go to this origin and nowhere else.
    pub(super) fn new(url: &str) -> Result<Self, Error> {
        let unusable = |problem: String| Error::ErpUnreachable { url: url.to_owned(), problem };
        let base = Url::parse(url).map_err(|error| unusable(error.to_string()))?;
        if base.host().is_none() || !matches!(base.scheme(), "http" | "https") {
            return Err(unusable("it is no http:// or https:// URL".to_owned()));
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent("plantgraph")
            .build()
            .map_err(|error| unusable(describe(&error)))?;
        Ok(Self { client, base })
    }

    /// The base URL, for messages.
    pub(super) fn url(&self) -> &str {
        self.base.as_str()
    }

    /// A request to the path made of `segments` below the base URL. Segments are escaped: a name can not leave its place.
    pub(super) fn request(&self, method: Method, segments: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("an http URL has a path").pop_if_empty().extend(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.client.request(method, url)
    }

    /// Sends a request and reads the answer, whatever its status; only "come back later" is an error here.
    pub(super) async fn send(&self, operation: &str, request: RequestBuilder) -> Result<Answer, Error> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            return Err(Error::ErpBusy { url: self.url().to_owned(), retry_after: retry_after(response.headers()) });
        }
        let server_time = server_time(response.headers());
        let body = self.body(operation, response).await?;
        Ok(Answer { status, server_time, body })
    }

    /// Reads the JSON of an answer.
    pub(super) fn json<T: DeserializeOwned>(&self, operation: &str, answer: &Answer) -> Result<T, Error> {
        serde_json::from_slice(&answer.body).map_err(|error| self.unreadable(operation, error.to_string()))
    }

    /// The error of an answer that is not what was asked for.
    pub(super) fn unreadable(&self, operation: &str, problem: impl Into<String>) -> Error {
        Error::ErpAnswer { url: self.url().to_owned(), operation: operation.to_owned(), problem: problem.into() }
    }

    /// The error of a system that says no.
    pub(super) fn refused(&self, operation: &str, problem: impl Into<String>) -> Error {
        Error::ErpRefused { url: self.url().to_owned(), operation: operation.to_owned(), problem: problem.into() }
    }

    /// The error for a status that is no success.
    pub(super) fn failed(&self, operation: &str, status: StatusCode) -> Error {
        if status.is_server_error() {
            let problem = format!("it answered {operation} with {status}");
            return Error::ErpUnreachable { url: self.url().to_owned(), problem };
        }
        self.refused(operation, status.to_string())
    }

    async fn body(&self, operation: &str, mut response: Response) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(self.unreadable(operation, format!("the answer has more than {ANSWER_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        Error::ErpUnreachable { url: self.url().to_owned(), problem: describe(error) }
    }
}

/// A text of a foreign system, cut, and without what could forge a log line.
pub(super) fn foreign(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(FOREIGN_TEXT_CHARS_MAX).collect()
}

/// The innermost cause says what happened ("connection refused"); the layers above only that a request failed.
fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    foreign(&cause.to_string())
}

fn server_time(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok().map(|time| time.to_utc())
}

/// Only the form in seconds; a system that names a date is retried by our own rhythm.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

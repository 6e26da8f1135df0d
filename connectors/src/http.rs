//! HTTP to a business system: one pinned origin, deadlines, a bound on every answer, and what an error means for a request
//! that acts: surely not sent, or perhaps done.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{
    Client as Inner, Method, RequestBuilder, Response, StatusCode, Url,
    header::{self, HeaderMap},
    redirect,
};

use crate::Error;

/// A system that does not even accept a connection in this time is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A whole answer. The slowest page that we have seen took 3 s; a loaded ERP gets ten times that.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer. A page of 500 rows is below 1 MiB; a system that sends more than this is not sending a page.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// A system may not make us wait longer than this, whatever it asks for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);
/// The longest URL that we send or follow. Systems and proxies refuse longer ones in ways that are hard to read.
const URL_BYTES_MAX: usize = 8 << 10;
/// Text of a foreign system that goes into an error: enough to recognise it.
const FOREIGN_TEXT_CHARS_MAX: usize = 200;

/// The way to one system.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    inner: Inner,
    base: Url,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// There was no connection: nothing was sent.
    NotSent(String),
    /// It was sent, perhaps, and no whole answer came.
    Lost(String),
    /// The system asks to be left alone (429, or 503 with a time to come back). It did nothing.
    Busy { problem: String, retry_after: Option<Duration> },
}

impl Client {
    /// No redirect is followed and no proxy of the environment is used: credentials go to this origin and nowhere else.
    ///
    /// # Errors
    /// [`Error::ErpUnreachable`] when the URL can not be one.
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        let unusable = |problem: String| Error::ErpUnreachable { url: shown(url), problem };
        let mut base = Url::parse(url).map_err(|error| unusable(error.to_string()))?;
        if base.host().is_none() || !matches!(base.scheme(), "http" | "https") {
            return Err(unusable("it is no http:// or https:// URL".to_owned()));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(unusable("it contains a user or a password: name a secret instead".to_owned()));
        }
        base.set_query(None);
        base.set_fragment(None);
        let inner = Inner::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent("plantgraph")
            .build()
            .map_err(|error| unusable(describe(&error)))?;
        Ok(Self { inner, base })
    }

    /// The base URL, for messages.
    pub(crate) fn url(&self) -> &str {
        self.base.as_str()
    }

    /// A request to the path made of `segments` below the base URL. Segments are escaped: a name can not leave its place.
    pub(crate) fn request(&self, method: Method, segments: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("an http URL has a path").pop_if_empty().extend(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.inner.request(method, url)
    }

    /// A request to a reference: a path below the base URL when it begins with no slash, a path of the origin when it does,
    /// or a whole URL, of the same origin only.
    ///
    /// # Errors
    /// Why the reference is not followed.
    pub(crate) fn request_to(&self, method: Method, reference: &str) -> Result<RequestBuilder, String> {
        Ok(self.inner.request(method, self.resolve(reference)?))
    }

    /// The URL that a reference means.
    ///
    /// # Errors
    /// Why the reference is not followed.
    pub(crate) fn resolve(&self, reference: &str) -> Result<Url, String> {
        if reference.len() > URL_BYTES_MAX {
            return Err(format!("the URL has more than {URL_BYTES_MAX} bytes"));
        }
        let mut below = self.base.clone();
        if !below.path().ends_with('/') {
            below.set_path(&format!("{}/", below.path()));
        }
        let url = below.join(reference).map_err(|error| format!("{:?}: {error}", foreign(reference)))?;
        if url.origin() != self.base.origin() {
            return Err(format!(
                "{} leads away from {}",
                foreign(url.as_str()),
                self.base.origin().ascii_serialization()
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the URL contains a user".to_owned());
        }
        Ok(url)
    }

    /// Sends a request and reads the answer, whatever its status; only "come back later" is a problem here.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Answer, Problem> {
        let response = request.send().await.map_err(|error| problem(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let retry_after = retry_after(&headers);
        if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE && retry_after.is_some()
        {
            return Err(Problem::Busy { problem: format!("it answers {status}"), retry_after });
        }
        let body = body(response).await?;
        Ok(Answer { status, headers, body })
    }

    /// A problem as an error of a read.
    pub(crate) fn error(&self, problem: Problem) -> Error {
        let url = self.url().to_owned();
        match problem {
            Problem::NotSent(problem) | Problem::Lost(problem) => Error::ErpUnreachable { url, problem },
            Problem::Busy { retry_after, .. } => Error::ErpBusy { url, retry_after },
        }
    }

    /// The error of an answer that is not what was asked for.
    pub(crate) fn unreadable(&self, operation: &str, problem: impl Into<String>) -> Error {
        Error::ErpAnswer { url: self.url().to_owned(), operation: operation.to_owned(), problem: problem.into() }
    }

    /// The error of a system that says no.
    pub(crate) fn refused(&self, operation: &str, problem: impl Into<String>) -> Error {
        Error::ErpRefused { url: self.url().to_owned(), operation: operation.to_owned(), problem: problem.into() }
    }

    /// The error for a status that is no success, with the system's own text.
    pub(crate) fn failed(&self, operation: &str, status: StatusCode, text: &str) -> Error {
        if status.is_server_error() {
            let problem = format!("it answered {operation} with {status} {}", foreign(text));
            return Error::ErpUnreachable { url: self.url().to_owned(), problem: problem.trim_end().to_owned() };
        }
        self.refused(operation, format!("{status} {}", foreign(text)).trim_end())
    }
}

impl Answer {
    /// The header `Date`: the clock of the system, to the second.
    pub(crate) fn server_time(&self) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc2822(self.header(header::DATE.as_str())?).ok().map(|time| time.to_utc())
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A text of a foreign system, cut, and without what could forge a log line.
pub(crate) fn foreign(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(FOREIGN_TEXT_CHARS_MAX).collect()
}

/// A URL for a message, without what may be a password.
fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) => {
            let _ = parsed.set_password(None);
            parsed.to_string()
        }
        Err(_) => foreign(url),
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Problem::Lost(describe(&error)))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Problem::Lost(format!("the answer has more than {ANSWER_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Only what fails before a connection stands was surely not sent.
fn problem(error: &reqwest::Error) -> Problem {
    match error.is_connect() || error.is_builder() {
        true => Problem::NotSent(describe(error)),
        false => Problem::Lost(describe(error)),
    }
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

/// Only the form in seconds; a system that names a date is retried by our own rhythm.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_stays_at_its_origin() {
        let client = Client::new("https://erp.example:8443/sap/").unwrap();
        for (reference, expected) in [
            ("opu/odata?$skiptoken=1", "https://erp.example:8443/sap/opu/odata?$skiptoken=1"),
            ("/other", "https://erp.example:8443/other"),
            ("https://erp.example:8443/x?y=1", "https://erp.example:8443/x?y=1"),
        ] {
            assert_eq!(client.resolve(reference).unwrap().as_str(), expected);
        }
        for reference in
            ["https://evil.example/x", "//evil.example/x", "http://erp.example:8443/x", "https://a@erp.example:8443/x"]
        {
            assert!(client.resolve(reference).is_err(), "{reference}");
        }
        assert!(client.resolve(&"a".repeat(URL_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_url_with_a_password_is_refused_without_showing_it() {
        let error = Client::new("https://user:hunter2@erp.example/").unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

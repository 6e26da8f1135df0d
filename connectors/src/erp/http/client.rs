//! Requests of the plain HTTP interface.

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::{Listing, Refusal};
use crate::{
    Error,
    erp::transport::{Answer, Transport, foreign},
    plant_file::{ErpSection, SecretSource},
};

/// The first segment of every path.
const ROOT: &str = "api";

/// A client of one system.
pub(crate) struct Client {
    transport: Transport,
    secret: SecretSource,
}

/// What a request to act led to. An error instead means that nobody knows whether it had an effect.
#[derive(Debug)]
pub(crate) enum Posted {
    /// It was done, now or earlier under the same key.
    Done,
    /// It was refused and nothing changed; the reason.
    Refused(String),
}

impl Client {
    /// A client for the system of a plant file. Nothing is sent yet.
    pub(crate) fn new(section: &ErpSection) -> Result<Self, Error> {
        Ok(Self { transport: Transport::new(&section.url)?, secret: section.secret.clone() })
    }

    /// A page of a listing: rows changed at `since` or later with an id greater than `after`, by id.
    pub(crate) async fn list(
        &self,
        stream: &str,
        since: Option<DateTime<Utc>>,
        after: i64,
        limit: usize,
    ) -> Result<Listing, Error> {
        let since = since.map(|since| since.to_rfc3339_opts(SecondsFormat::Micros, true));
        let (after, limit) = (after.to_string(), limit.to_string());
        let mut query = vec![("after_id", after.as_str()), ("limit", limit.as_str())];
        query.extend(since.as_deref().map(|since| ("changed_since", since)));
        let request = self.transport.request(Method::GET, &[ROOT, stream], &query);
        let answer = self.transport.send(stream, self.authorized(request)?).await?;
        match answer.status {
            StatusCode::OK => self.transport.json(stream, &answer),
            status => Err(self.refusal(stream, status, &answer)),
        }
    }

    /// One record. The interface has no request for that: it is the first one after the id before its own.
    pub(crate) async fn find<T: DeserializeOwned>(&self, stream: &str, id: &str) -> Result<T, Error> {
        let absent = || self.transport.refused(stream, format!("there is no record {id:?}"));
        let number: i64 = id.parse().map_err(|_| absent())?;
        let page = self.list(stream, None, number.saturating_sub(1), 1).await?;
        let row = page.items.into_iter().next().filter(|row| row["id"] == number).ok_or_else(absent)?;
        serde_json::from_value(row).map_err(|error| self.transport.unreadable(stream, error.to_string()))
    }

    /// Asks for an action on a record.
    pub(crate) async fn post(&self, stream: &str, id: &str, action: &str, body: &Value) -> Result<Posted, Error> {
        let request = self.transport.request(Method::POST, &[ROOT, stream, id, action], &[]).json(body);
        let answer = self.transport.send(action, self.authorized(request)?).await?;
        match answer.status {
            StatusCode::OK => Ok(Posted::Done),
            status if status.is_client_error() => Ok(Posted::Refused(self.reason(status, &answer))),
            status => Err(self.transport.failed(action, status)),
        }
    }

    /// The error for rows without an id.
    pub(crate) fn idless(&self, stream: &str) -> Error {
        self.transport.unreadable(stream, "a row has no id")
    }

    fn authorized(&self, request: RequestBuilder) -> Result<RequestBuilder, Error> {
        Ok(request.bearer_auth(self.secret.read()?.expose()))
    }

    fn refusal(&self, operation: &str, status: StatusCode, answer: &Answer) -> Error {
        match status.is_client_error() {
            true => self.transport.refused(operation, self.reason(status, answer)),
            false => self.transport.failed(operation, status),
        }
    }

    fn reason(&self, status: StatusCode, answer: &Answer) -> String {
        match self.transport.json::<Refusal>("", answer) {
            Ok(Refusal { error }) => format!("{}: {}", foreign(&error.code), foreign(&error.message)),
            Err(_) => status.to_string(),
        }
    }
}

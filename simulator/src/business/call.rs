//! What is asked of a system and what it answers, as plain data.

use axum::{
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

/// A request, with its body read.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Decoded.
    pub(crate) path: String,
    /// Decoded, in the order in which they were sent.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// `scheme://host:port` as the client wrote it.
    pub(crate) origin: String,
    /// Only every second record is to be told, because of a fault.
    pub(crate) half: bool,
}

impl Call {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The first value of a query parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether nothing is to change.
    pub(crate) fn is_read(&self) -> bool {
        self.method == Method::GET || self.method == Method::HEAD
    }

    /// Whether this bearer token was sent.
    pub(crate) fn has_bearer(&self, token: &str) -> bool {
        self.credentials("bearer").is_some_and(|sent| same(sent.as_bytes(), token.as_bytes()))
    }

    /// Whether this user and password were sent.
    pub(crate) fn has_basic(&self, user: &str, password: &str) -> bool {
        let sent = self.credentials("basic").and_then(|sent| BASE64_STANDARD.decode(sent).ok());
        sent.is_some_and(|sent| same(&sent, format!("{user}:{password}").as_bytes()))
    }

    fn credentials(&self, scheme: &str) -> Option<&str> {
        let (sent, credentials) = self.header(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        sent.eq_ignore_ascii_case(scheme).then_some(credentials)
    }
}

/// Compares in a time that says nothing about where the difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |diff, (l, r)| diff | (l ^ r)) == 0
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Reply { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Reply::typed(status, "application/json", body.to_string())
    }

    pub(crate) fn xml(status: StatusCode, body: String) -> Self {
        Reply::typed(status, "application/xml", body)
    }

    pub(crate) fn typed(status: StatusCode, media_type: &str, body: String) -> Self {
        Reply { status, headers: vec![("content-type", media_type.to_owned())], body: body.into_bytes() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Decodes percent signs; a plus is a space only in a query.
pub(crate) fn decoded(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        match first {
            b'%' if after.len() >= 2 && hex(&after[..2]).is_some() => {
                bytes.extend(hex(&after[..2]));
                rest = &after[2..];
            }
            b'+' if plus => bytes.push(b' '),
            other => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The parameters of a query.
pub(crate) fn parameters(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key, true), decoded(value, true))
        })
        .collect()
}

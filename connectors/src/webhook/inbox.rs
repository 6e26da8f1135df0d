//! The webhooks of one system.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use model::Code;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    manifest::Webhook,
    verify::{is_signed, single},
};
use crate::{Error, erp::Hint, manifest::Scope, plant_file::SystemSection};

/// The largest body. A hint says which record changed, not what it says now.
pub const BODY_BYTES_MAX: usize = 256 << 10;
/// Ids of events that are remembered: senders repeat within minutes.
const EVENTS_MAX: usize = 1_024;
/// The longest id of an event.
const EVENT_ID_BYTES_MAX: usize = 256;

/// The webhooks of one system: who may send them, and where they lead.
pub struct Inbox {
    webhook: Webhook,
    secret: crate::plant_file::SecretSource,
    scope: Scope,
    events: Mutex<VecDeque<String>>,
    poller: Mutex<Option<mpsc::Sender<Hint>>>,
}

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code.
    pub code: Code,
    /// For whoever sends.
    pub message: String,
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// What everybody is told who may not know more: that there is nothing.
    pub fn nothing_here() -> Self {
        Self::new(Code::NotFound, "there is nothing here, or it is not for you")
    }
}

impl Inbox {
    /// The webhooks that a manifest declares.
    ///
    /// # Errors
    /// [`Error::Secret`] when the plant file does not say where the secret is.
    pub fn new(webhook: &Webhook, section: &SystemSection) -> Result<Self, Error> {
        Ok(Self {
            webhook: webhook.clone(),
            secret: section.secret(&webhook.signature.secret)?.clone(),
            scope: Scope::new().with("option", section.options_json()),
            events: Mutex::default(),
            poller: Mutex::default(),
        })
    }

    /// Where hints go from now on.
    pub fn leads_to(&self, poller: mpsc::Sender<Hint>) {
        *self.poller.lock().unwrap_or_else(PoisonError::into_inner) = Some(poller);
    }

    /// Checks a request: whose it is, whether it came before, and what has to be read now.
    ///
    /// # Errors
    /// Too large, not signed, or not JSON. Who is not who they say is told that there is nothing.
    pub fn receive(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<Option<Hint>, Refusal> {
        if body.len() > BODY_BYTES_MAX {
            return Err(Refusal::new(Code::BodyTooLarge, format!("send at most {BODY_BYTES_MAX} bytes")));
        }
        match is_signed(&self.webhook, &self.secret, headers, body, now) {
            Ok(true) => {}
            Ok(false) => return Err(Refusal::nothing_here()),
            Err(error) => {
                tracing::error!(%error, "a webhook can not be verified");
                return Err(Refusal::nothing_here());
            }
        }
        let malformed = |problem: String| Refusal::new(Code::RequestMalformed, problem);
        let value = crate::json::whole(body).map_err(malformed)?;
        if let Some(header) = &self.webhook.event_id {
            let id = single(headers, header).filter(|id| !id.is_empty() && id.len() <= EVENT_ID_BYTES_MAX);
            let id = id.ok_or_else(|| malformed(format!("the header {header} with the id of the event is missing")))?;
            if !self.is_new(id) {
                return Ok(None);
            }
        }
        Ok(Some(Hint { stream: self.stream(value) }))
    }

    /// Hands a hint to whoever reads the system. Nobody here: it is read in its own rhythm, by another process.
    pub fn pass_on(&self, hint: Hint) {
        let poller = self.poller.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A full queue means that it is read at once anyway.
        let _ = poller.map(|poller| poller.try_send(hint));
    }

    /// The stream that the manifest makes of the body. One that it can not make is all of them.
    fn stream(&self, body: Value) -> Option<String> {
        let stream = self.webhook.stream.as_ref()?.value(&self.scope.clone().with("r", body));
        match stream {
            Ok(Value::String(stream)) => Some(stream),
            Ok(_) => None,
            Err(problem) => {
                tracing::warn!(problem, "a webhook names no stream: all are read");
                None
            }
        }
    }

    fn is_new(&self, id: &str) -> bool {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.iter().any(|known| known == id) {
            return false;
        }
        if events.len() >= EVENTS_MAX {
            events.pop_front();
        }
        events.push_back(id.to_owned());
        true
    }
}

#[cfg(test)]
mod tests;

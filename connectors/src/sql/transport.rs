//! What a system of views can be asked to do: its views are read back, and messages of B2MML are sent when it takes them.

use std::collections::BTreeMap;

use model::clock::SharedClock;
use serde_json::{Map, Value, json};

use super::{
    manifest::{Read, System},
    source::login,
    views::Views,
};
use crate::{
    Error,
    actions::{Answer, Failure, Intent, Transport, Verdict},
    b2mml::{Outgoing, confirmed},
    manifest,
    plant_file::SystemSection,
};

/// Keys of one request. A request reads back what an action changed, which is a record or two.
const KEYS_MAX: usize = 100;

/// The way of actions to a system of views. A request that reads is `{read: {stream: …, keys: […]}}`, its answer
/// `{rows: […]}`; one that acts is a message of B2MML, see [`Outgoing::send`].
pub struct SqlTransport {
    views: Views,
    streams: BTreeMap<String, Read>,
    outgoing: Option<Outgoing>,
    clock: SharedClock,
}

impl SqlTransport {
    /// The system of a plant file. Nothing is opened yet.
    ///
    /// # Errors
    /// As those of the source, and of [`Outgoing::new`].
    pub fn new(system: &System, section: &SystemSection, clock: SharedClock) -> Result<Self, Error> {
        let streams = section.manifest.streams.iter().filter_map(|(name, stream)| match &stream.read {
            manifest::Read::Sql(read) => Some((name.clone(), read.clone())),
            _ => None,
        });
        let outgoing = system.b2mml.as_ref().map(|target| Outgoing::new(target, section)).transpose()?;
        Ok(Self { views: Views::new(login(system, section)?)?, streams: streams.collect(), outgoing, clock })
    }

    async fn read(&mut self, asked: &Value) -> Result<Answer, Failure> {
        let unusable = |problem: &str| Failure::Unusable(problem.to_owned());
        let stream = asked.get("stream").and_then(Value::as_str).ok_or_else(|| unusable("read.stream is missing"))?;
        let read = self.streams.get(stream).ok_or_else(|| unusable("read.stream: there is no such stream"))?;
        let keys = asked.get("keys").and_then(Value::as_array).ok_or_else(|| unusable("read.keys is missing"))?;
        let keys: Vec<String> = keys.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect();
        if keys.is_empty() || keys.len() > KEYS_MAX {
            return Err(Failure::Unusable(format!("read.keys: write 1 to {KEYS_MAX} texts")));
        }
        let rows = self.views.by_keys(stream, read, keys).await.map_err(|error| match error {
            Error::ErpBusy { retry_after, .. } => {
                Failure::Busy { problem: "the database is busy".to_owned(), retry_after }
            }
            Error::ErpRefused { .. } | Error::Secret { .. } => Failure::Auth(error.to_string()),
            other => Failure::NotSent(other.to_string()),
        })?;
        Ok(Answer { status: 200, headers: Map::new(), body: json!({ "rows": rows }) })
    }
}

impl Transport for SqlTransport {
    async fn send(&mut self, request: &Value, _: Intent) -> Result<Answer, Failure> {
        if let Some(asked) = request.get("read") {
            return self.read(asked).await;
        }
        match &self.outgoing {
            Some(outgoing) => outgoing.send(request, self.clock.now()).await,
            None => Err(Failure::Unusable(
                "the manifest names no b2mml: under system:, this system is only read".to_owned(),
            )),
        }
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        confirmed(answer)
    }
}

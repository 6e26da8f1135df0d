//! The job of one broker: connects, stores what comes, acknowledges it, and says whether the broker is heard.

use std::{future::Future, time::Duration};

use model::clock::SharedClock;
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Packet, Publish, QoS, SubscribeFilter, Transport,
};
use serde_json::json;
use tokio::time::{sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use workflow::sync::{Page, Syncer};

use super::{
    batch::{Batch, MESSAGES_MAX},
    manifest::{Read, System},
    nodes::Nodes,
    rows::{Found, Incoming, row},
};
use crate::{
    Error,
    http::foreign,
    manifest::{self, Manifest},
    mapping::Mapping,
    plant_file::{SecretSource, SystemSection},
};

/// The largest message. The birth of a large gateway has some hundred KiB.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How soon a dead connection is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Acknowledgements and subscriptions that wait to be sent: those of a whole batch, or they would wait for themselves.
const REQUESTS_MAX: usize = 2 * MESSAGES_MAX;
/// Messages without an acknowledgement, should the broker not have a bound of its own.
const INFLIGHT_MAX: u16 = MESSAGES_MAX as u16;
/// The pauses after an error.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// A wait that does not end by itself; the next message does.
const FAR: Duration = Duration::from_secs(3_600);
/// Characters of a payload that can not be read, for the dead letter.
const SHOWN_CHARS_MAX: usize = 2_000;

/// The job of one broker.
pub struct Feed {
    section: SystemSection,
    login: Option<(String, SecretSource)>,
    client_id: String,
    address: (String, u16, bool),
    streams: Vec<Stream>,
    clock: SharedClock,
    /// What the twin was told last, so that it is told only what is new.
    told: Option<Option<String>>,
}

struct Stream {
    name: String,
    read: Read,
    mapping: Mapping,
    nodes: Nodes,
}

impl Feed {
    /// The broker of a plant file. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::ErpRefused`] when the URL is unusable, [`Error::Secret`], [`Error::Crosswalk`].
    pub fn new(system: &System, section: &SystemSection, clock: SharedClock) -> Result<Self, Error> {
        let manifest: &Manifest = &section.manifest;
        let mut streams = Vec::new();
        for (name, stream) in &manifest.streams {
            let manifest::Read::Mqtt(read) = &stream.read else { continue };
            let mapping = Mapping::new(manifest, &stream.common, section)?;
            streams.push(Stream { name: name.clone(), read: read.clone(), mapping, nodes: Nodes::default() });
        }
        let login = match (&system.user, &system.password) {
            (Some(user), Some(password)) => Some((user.clone(), section.secret(password)?.clone())),
            _ => None,
        };
        Ok(Self {
            address: address(&section.url)?,
            client_id: system.client_id.clone().unwrap_or_else(|| format!("plantgraph-{}", section.code)),
            section: section.clone(),
            login,
            streams,
            clock,
            told: None,
        })
    }

    /// Runs until cancelled. Whoever calls this owns the source.
    pub async fn run(self, syncer: Syncer, cancel: CancellationToken) {
        self.run_into(&syncer, cancel).await;
    }

    /// The same, wherever messages are stored.
    pub(super) async fn run_into(mut self, syncer: &impl Sink, cancel: CancellationToken) {
        let mut pause = PAUSE_MIN;
        let work = async {
            loop {
                let heard = match self.connected(syncer, &mut pause).await {
                    Ok(()) => return,
                    Err(Trouble::Ours(error)) => {
                        tracing::warn!(source = self.section.code, %error, "messages could not be stored; they come again");
                        None
                    }
                    Err(Trouble::Broker(problem)) => Some(problem),
                };
                self.told = None;
                if let Some(problem) = heard {
                    tracing::warn!(source = self.section.code, problem, "the broker is not heard");
                    let _ = syncer.heard(Some(&format!("the broker is not heard: {problem}"))).await;
                }
                sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
            }
        };
        let _ = cancel.run_until_cancelled(work).await;
    }

    /// One connection, to its end. What was not stored is not acknowledged, and comes again.
    async fn connected(&mut self, syncer: &impl Sink, pause: &mut Duration) -> Result<(), Trouble> {
        for stream in &mut self.streams {
            stream.nodes = Nodes::restore(syncer.cursor(&stream.name).await?.as_deref());
        }
        let (client, mut events) = AsyncClient::new(self.options()?, REQUESTS_MAX);
        let mut batch = Batch::default();
        loop {
            let event = self.next(&mut events, &mut batch, syncer, &client).await?;
            match event {
                Event::Incoming(Packet::ConnAck(_)) => {
                    let filters: Vec<SubscribeFilter> = self.filters();
                    client.try_subscribe_many(filters).map_err(|error| Trouble::Broker(error.to_string()))?;
                }
                Event::Incoming(Packet::SubAck(ack)) => {
                    if ack.return_codes.iter().any(|code| matches!(code, rumqttc::SubscribeReasonCode::Failure)) {
                        return Err(Trouble::Broker("the broker refuses a subscription".to_owned()));
                    }
                    *pause = PAUSE_MIN;
                    self.tell(syncer).await?;
                }
                Event::Incoming(Packet::Publish(message)) => {
                    self.read(&message, &mut batch);
                    batch.add(message);
                    if batch.is_full() {
                        self.store(&mut batch, syncer, &client).await?;
                    }
                }
                _ => {}
            }
        }
    }

    /// The next event; a batch that is due is stored while it is waited for. The wait itself is never cut off: what the
    /// connection has read so far would be lost with it.
    async fn next(
        &mut self,
        events: &mut EventLoop,
        batch: &mut Batch,
        syncer: &impl Sink,
        client: &AsyncClient,
    ) -> Result<Event, Trouble> {
        let mut poll = Box::pin(events.poll());
        loop {
            let due = batch.due().unwrap_or_else(|| tokio::time::Instant::now() + FAR);
            match timeout_at(due, &mut poll).await {
                Ok(event) => return event.map_err(|error| Trouble::Broker(told(&error))),
                Err(_) if batch.due().is_some() => self.store(batch, syncer, client).await?,
                Err(_) => {}
            }
        }
    }

    /// Reads a message for each stream that it belongs to.
    fn read(&mut self, message: &Publish, batch: &mut Batch) {
        let at = self.clock.now();
        let incoming = Incoming {
            topic: &message.topic,
            payload: &message.payload,
            retained: message.retain,
            again: message.dup,
            at,
        };
        for stream in &mut self.streams {
            let records = match row(&stream.read, &mut stream.nodes, &incoming) {
                Found::Nothing => continue,
                Found::Row(row) => stream.mapping.read_all(row).into_iter().filter_map(|read| read.record).collect(),
                Found::Wrong(problem) => {
                    let shown: String =
                        String::from_utf8_lossy(&message.payload).chars().take(SHOWN_CHARS_MAX).collect();
                    let raw = json!({ "topic": message.topic, "payload": shown });
                    vec![stream.mapping.unreadable(Some(&message.topic), raw, problem)]
                }
            };
            batch.records.entry(stream.name.clone()).or_default().extend(records);
        }
    }

    /// Stores a batch, and then acknowledges it.
    async fn store(&mut self, batch: &mut Batch, syncer: &impl Sink, client: &AsyncClient) -> Result<(), Trouble> {
        let Batch { messages, mut records, .. } = std::mem::take(batch);
        for stream in &self.streams {
            let Some(records) = records.remove(&stream.name) else { continue };
            let page = Page {
                stream: stream.name.clone(),
                records,
                cursor: matches!(stream.read, Read::Sparkplug { .. }).then(|| stream.nodes.to_text()).flatten(),
                mapping_version: stream.mapping.version().to_owned(),
                complete: true,
                sweep: None,
            };
            syncer.apply(page).await?;
        }
        self.tell(syncer).await?;
        for message in &messages {
            client.try_ack(message).map_err(|error| Trouble::Broker(error.to_string()))?;
        }
        Ok(())
    }

    /// Whether what is known is current.
    async fn tell(&mut self, syncer: &impl Sink) -> Result<(), Trouble> {
        let doubt = self.streams.iter().find_map(|stream| stream.nodes.doubt()).map(str::to_owned);
        if self.told.as_ref() != Some(&doubt) {
            syncer.heard(doubt.as_deref()).await?;
            self.told = Some(doubt);
        }
        Ok(())
    }

    fn filters(&self) -> Vec<SubscribeFilter> {
        let filters = self.streams.iter().flat_map(|stream| stream.read.filters());
        filters.map(|filter| SubscribeFilter::new(filter, QoS::AtLeastOnce)).collect()
    }

    fn options(&self) -> Result<MqttOptions, Error> {
        let (host, port, secure) = &self.address;
        let mut options = MqttOptions::new(&self.client_id, host, *port);
        options.set_keep_alive(KEEP_ALIVE).set_clean_session(false).set_manual_acks(true);
        options.set_max_packet_size(MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX).set_inflight(INFLIGHT_MAX);
        if *secure {
            options.set_transport(Transport::tls_with_default_config());
        }
        if let Some((user, password)) = &self.login {
            options.set_credentials(user, password.read()?.expose());
        }
        Ok(options)
    }
}

/// Where messages are stored.
pub(super) trait Sink: Sync {
    /// How far a stream was stored.
    fn cursor(&self, stream: &str) -> impl Future<Output = Result<Option<String>, Error>> + Send;
    /// Stores a page.
    fn apply(&self, page: Page) -> impl Future<Output = Result<(), Error>> + Send;
    /// Says whether the source is heard; why not.
    fn heard(&self, doubt: Option<&str>) -> impl Future<Output = Result<(), Error>> + Send;
}

impl Sink for Syncer {
    async fn cursor(&self, stream: &str) -> Result<Option<String>, Error> {
        Ok(Self::cursor(self, stream).await?)
    }

    async fn apply(&self, page: Page) -> Result<(), Error> {
        Self::apply(self, page).await?;
        Ok(())
    }

    async fn heard(&self, doubt: Option<&str>) -> Result<(), Error> {
        match doubt {
            Some(doubt) => self.source_stale(doubt).await?,
            None => self.source_live().await?,
        }
        Ok(())
    }
}

/// Why a connection ended.
enum Trouble {
    /// The broker, or the way there.
    Broker(String),
    /// Our own side.
    Ours(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

fn told(error: &ConnectionError) -> String {
    foreign(&error.to_string())
}

/// Host, port, and whether the way is encrypted.
fn address(url: &str) -> Result<(String, u16, bool), Error> {
    let wrong = |problem: &str| Error::ErpRefused {
        url: url.split('@').next_back().unwrap_or_default().to_owned(),
        operation: "the URL".to_owned(),
        problem: problem.to_owned(),
    };
    let parsed = reqwest::Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
    if parsed.password().is_some() || !parsed.username().is_empty() {
        return Err(wrong("it holds a user or a password: name them in the manifest"));
    }
    let (port, secure) = match parsed.scheme() {
        "mqtt" => (1883, false),
        "mqtts" => (8883, true),
        _ => return Err(wrong("write mqtt://host or mqtts://host")),
    };
    let host = parsed.host_str().ok_or_else(|| wrong("it names no host"))?;
    Ok((host.to_owned(), parsed.port().unwrap_or(port), secure))
}

#[cfg(test)]
mod tests;

//! The reading half: what the client says, and what the clocks say.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{Message, Utf8Bytes};
use futures::{Stream, StreamExt};
use model::{Code, Principal};
use serde_json::{Map, Value};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout},
};

use super::{
    super::{FrontDoor, Refusal, door::bearer, params::Params},
    close::Close,
    operations::{NoTicket, Operations},
    protocol::{ClientMessage, ServerMessage, error},
    pump,
    writer::Command,
};

/// How long the proof of who calls may take: an unknown key is fetched from the issuer meanwhile.
const AUTHENTICATE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long queries and mutations may take to be answered after the signal to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The reading half.
pub(super) struct Reader<'a> {
    door: &'a FrontDoor,
    operations: &'a Operations,
    commands: mpsc::Sender<Command>,
    session: Option<Session>,
    heard_at: Instant,
    is_draining: bool,
}

/// A verified caller, and until when.
struct Session {
    principal: Arc<Principal>,
    ends_at: Option<Instant>,
}

impl<'a> Reader<'a> {
    /// Reads for `door`, answers through `commands`.
    pub(super) fn new(door: &'a FrontDoor, operations: &'a Operations, commands: mpsc::Sender<Command>) -> Self {
        Self { door, operations, commands, session: None, heard_at: Instant::now(), is_draining: false }
    }

    /// Reads until there is a reason to close.
    pub(super) async fn run<E>(mut self, mut messages: impl Stream<Item = Result<Message, E>> + Unpin) -> Close {
        let limits = &self.door.options().socket;
        let cancel = self.door.parts.cancel.clone();
        let init_by = Instant::now() + limits.init_timeout;
        let mut pings = interval_at(Instant::now() + limits.ping_interval, limits.ping_interval);
        // A blocked writer delays pings; they need not be made up for.
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drained_by = init_by;
        loop {
            let ends_at = self.session.as_ref().and_then(|session| session.ends_at);
            let step = tokio::select! {
                message = messages.next() => self.read(message).await,
                _ = pings.tick() => self.ping().await,
                () = sleep_until(self.heard_at + limits.dead_after) => Err(Close::Silent),
                () = sleep_until(init_by), if self.session.is_none() => Err(Close::InitTimeout),
                () = at(ends_at) => Err(token_ended()),
                () = cancel.cancelled(), if !self.is_draining => {
                    self.is_draining = true;
                    drained_by = Instant::now() + DRAIN_TIMEOUT;
                    Ok(())
                }
                () = self.operations.answered(), if self.is_draining => Err(Close::GoingAway),
                () = sleep_until(drained_by), if self.is_draining => Err(Close::GoingAway),
            };
            if let Err(close) = step {
                return close;
            }
        }
    }

    async fn read<E>(&mut self, message: Option<Result<Message, E>>) -> Result<(), Close> {
        self.heard_at = Instant::now();
        match message {
            None | Some(Ok(Message::Close(_))) => Err(Close::Gone),
            // A frame far beyond the limit, or one that breaks the protocol: the library reads no further.
            Some(Err(_)) => Err(Close::ProtocolError),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => Err(Close::Malformed("Only text is understood".to_owned())),
            Some(Ok(Message::Text(text))) => self.obey(&text).await,
        }
    }

    async fn obey(&mut self, text: &Utf8Bytes) -> Result<(), Close> {
        if text.len() > self.door.options().socket.message_bytes_max {
            return Err(Close::MessageTooLarge);
        }
        match ClientMessage::parse(text)? {
            ClientMessage::ConnectionInit { payload } => self.init(payload).await,
            ClientMessage::Ping { payload } => self.say(&ServerMessage::Pong { payload: payload.as_ref() }).await,
            ClientMessage::Pong {} => Ok(()),
            ClientMessage::Subscribe { id, payload } => self.subscribe(id, payload).await,
            ClientMessage::Complete { id } => {
                self.operations.complete(&id);
                Ok(())
            }
        }
    }

    async fn init(&mut self, payload: Option<Map<String, Value>>) -> Result<(), Close> {
        if self.session.is_some() {
            return Err(Close::SecondInit);
        }
        let payload = payload.unwrap_or_default();
        let token = ["Authorization", "authorization"]
            .into_iter()
            .find_map(|name| payload.get(name)?.as_str())
            .and_then(bearer)
            .ok_or_else(|| Close::Forbidden("send {\"Authorization\": \"Bearer TOKEN\"} as payload".to_owned()))?;
        let proof = timeout(AUTHENTICATE_TIMEOUT, self.door.parts.authenticator.authenticate(token)).await;
        let principal = match proof {
            Ok(Ok(principal)) => principal,
            Ok(Err(refusal)) => return Err(refused(&refusal)),
            Err(_) => return Err(Close::TryAgainLater),
        };
        let ends_at = match principal.expires_at {
            None => None,
            Some(ends_at) => {
                // A negative rest: the token ended while it was verified.
                let rest = (ends_at - self.door.parts.clock.now()).to_std().map_err(|_| token_ended())?;
                Instant::now().checked_add(rest)
            }
        };
        self.session = Some(Session { principal: Arc::new(principal), ends_at });
        self.say(&ServerMessage::ConnectionAck).await
    }

    async fn subscribe(&mut self, id: String, params: Params) -> Result<(), Close> {
        let Some(session) = &self.session else { return Err(Close::NotAcknowledged) };
        let principal = session.principal.clone();
        match self.operations.check(&id) {
            Err(NoTicket::Taken) => return Err(Close::DuplicateId(id)),
            Err(NoTicket::Full) => {
                let refusal = Refusal::new(Code::TooManyOperations, "the socket runs as many operations as it may");
                return self.refuse(&id, &[refusal]).await;
            }
            Ok(()) if self.is_draining => {
                return self.refuse(&id, &[Refusal::new(Code::ShuttingDown, "the service is stopping")]).await;
            }
            Ok(()) => {}
        }
        match self.door.gate.admit(&principal, params) {
            Err(refusals) => self.refuse(&id, &refusals).await,
            Ok(admitted) => {
                let ticket = self.operations.open(id, admitted.kind);
                let outlet = pump::start(self.door, &principal, ticket, admitted);
                self.command(Command::Forward(outlet)).await
            }
        }
    }

    /// Asks whether the peer is there, and looks whether the caller still may be.
    async fn ping(&mut self) -> Result<(), Close> {
        // The timer for the token runs on the machine's uptime; the clock may have been set since.
        let expires_at = self.session.as_ref().and_then(|session| session.principal.expires_at);
        if expires_at.is_some_and(|expires_at| expires_at <= self.door.parts.clock.now()) {
            return Err(token_ended());
        }
        self.command(Command::Send(Message::Ping(axum::body::Bytes::new()))).await
    }

    async fn refuse(&self, id: &str, refusals: &[Refusal]) -> Result<(), Close> {
        self.command(Command::Send(Message::Text(error(id, refusals).into()))).await
    }

    async fn say(&self, message: &ServerMessage<'_>) -> Result<(), Close> {
        self.command(Command::Send(Message::Text(message.to_text().into()))).await
    }

    /// Waits while the writing half is blocked: a peer that does not read is not read from.
    async fn command(&self, command: Command) -> Result<(), Close> {
        self.commands.send(command).await.map_err(|_| Close::Gone)
    }
}

/// Whether the caller is to blame, or whoever should know them can not be asked.
fn refused(refusal: &Refusal) -> Close {
    match refusal.code {
        Code::DatabaseUnavailable | Code::TokenKeysUnavailable | Code::Internal => Close::TryAgainLater,
        _ => Close::Forbidden(refusal.to_string()),
    }
}

fn token_ended() -> Close {
    Close::Forbidden("the token has ended; connect again with a fresh one".to_owned())
}

/// Resolves at an instant, or never.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

//! Messages in by HTTP. Nothing is confirmed before it is stored here.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use workflow::sync::{Page, Syncer};

use super::{
    emit::{self, Envelope},
    message::{Confirm, Message, Reading, read},
};
use crate::Error;

/// The stream of messages that came by HTTP.
const STREAM: &str = "b2mml-http";
/// What the records are read with. Another number has nothing read again: messages can not be asked for.
pub(crate) const MAPPING: &str = "b2mml/1";
/// Messages that wait for the database. A sender that is faster waits itself.
const QUEUE: usize = 16;
/// How long a message may wait for its confirmation; senders give up after half a minute.
const PATIENCE: Duration = Duration::from_secs(20);
/// Ids of messages that are remembered, so that one that comes again is confirmed and not applied.
const IDS_MAX: usize = 512;
/// The largest message.
pub(crate) const BODY_BYTES_MAX: usize = 4 << 20;

/// The answer to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It was read; the `ConfirmBOD`, when the sender wants one.
    Confirmed(Option<String>),
    /// It is no message: what is wrong, and where.
    Unreadable(String),
    /// Nobody can store it now; it may be sent again.
    Busy,
}

/// The way in for messages of one system. Whoever it lets in was authenticated before.
#[derive(Debug, Default)]
pub struct Door {
    queue: Mutex<Option<mpsc::Sender<Incoming>>>,
    reading: Reading,
}

/// A message on its way to the database.
#[derive(Debug)]
struct Incoming {
    message: Message,
    reply: oneshot::Sender<Outcome>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Outcome {
    bod_id: String,
    records: u64,
    refused: u64,
}

/// The messages that were applied.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Ledger {
    applied: VecDeque<Outcome>,
}

impl Door {
    /// A way in; closed until somebody reads ([`Door::run`]).
    pub fn new(reading: Reading) -> Self {
        Self { queue: Mutex::default(), reading }
    }

    /// Takes a message, and answers when it is stored.
    pub async fn take(&self, body: &[u8], now: DateTime<Utc>) -> Reply {
        let Ok(text) = std::str::from_utf8(body) else { return Reply::Unreadable("it is not UTF-8".to_owned()) };
        let message = match read(text.trim_start_matches('\u{feff}'), &self.reading) {
            Ok(message) => message,
            Err(wrong) => return Reply::Unreadable(format!("line {}: {}", wrong.line, wrong.problem)),
        };
        if message.bod_id.is_empty() {
            return Reply::Unreadable("it has no BODID".to_owned());
        }
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(queue) = queue else { return Reply::Busy };
        let (reply, outcome) = oneshot::channel();
        let incoming = Incoming { message: message.clone(), reply };
        if queue.send_timeout(incoming, PATIENCE).await.is_err() {
            return Reply::Busy;
        }
        match tokio::time::timeout(PATIENCE, outcome).await {
            Ok(Ok(outcome)) => Reply::Confirmed(confirmation(&message, &outcome, now)),
            _ => Reply::Busy,
        }
    }

    /// Stores what comes in until cancelled. Whoever calls this owns the source.
    pub async fn run(&self, syncer: Syncer, cancel: CancellationToken) {
        let (sender, mut receiver) = mpsc::channel(QUEUE);
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        while let Some(Some(Incoming { message, reply })) = cancel.run_until_cancelled(receiver.recv()).await {
            match cancel.run_until_cancelled(apply(&syncer, message)).await {
                // Who does not wait any more sends it again, and is told the same.
                Some(Ok(outcome)) => _ = reply.send(outcome),
                Some(Err(error)) => tracing::warn!(%error, "a message could not be stored"),
                None => break,
            }
        }
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

async fn apply(syncer: &Syncer, message: Message) -> Result<Outcome, Error> {
    let cursor = syncer.cursor(STREAM).await?;
    let mut ledger: Ledger = cursor.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if let Some(known) = ledger.applied.iter().find(|known| known.bod_id == message.bod_id) {
        return Ok(known.clone());
    }
    let records: Vec<_> = message.records.into_iter().map(|(_, record)| record).collect();
    let count = records.len() as u64;
    // What could not be applied is only known afterwards; until the next message the ledger says that all of it was.
    let unreadable =
        records.iter().filter(|it| matches!(it.body, workflow::sync::Body::Unreadable { .. })).count() as u64;
    let mut outcome = Outcome { bod_id: message.bod_id, records: count, refused: unreadable };
    ledger.applied.push_back(outcome.clone());
    while ledger.applied.len() > IDS_MAX {
        ledger.applied.pop_front();
    }
    let cursor = serde_json::to_string(&ledger).expect("a ledger has only texts and numbers");
    let page = Page {
        stream: STREAM.to_owned(),
        records,
        cursor: Some(cursor),
        mapping_version: MAPPING.to_owned(),
        complete: true,
        sweep: None,
    };
    outcome.refused = syncer.apply(page).await?.dead_letters;
    Ok(outcome)
}

fn confirmation(message: &Message, outcome: &Outcome, now: DateTime<Utc>) -> Option<String> {
    let failed = outcome.refused > 0;
    let wanted = match message.confirm {
        Confirm::Always => true,
        Confirm::OnError => failed,
        Confirm::Never => false,
    };
    let bod_id = format!("CONFIRM-{}", message.bod_id);
    let envelope = Envelope { bod_id: &bod_id, created: now };
    let description = format!("{} of {} records could not be applied", outcome.refused, outcome.records);
    let result = if failed { Err(("INVALID_INPUT", description.as_str())) } else { Ok(()) };
    wanted.then(|| emit::confirm(envelope, message, result))
}

//! Commands out: what people decided, handed to the system behind the plain HTTP interface, and read back.
//!
//! The id of a command is the key of its request, and that interface has one effect for one key: sending again is safe.
//! A command whose sender went silent is still read back first, because its effect may be there already. Only a
//! read-back makes a command VERIFIED; what nobody can tell is UNKNOWN and waits for a person.

use std::{collections::BTreeMap, time::Duration};

use model::entity::command::{self, CommandState};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use workflow::commands::{Outbox, RESEQUENCE};

use super::http::{Client, Posted, WireOrder};
use crate::{Error, plant_file::ErpSection};

/// How often the outbox is looked into: a person who decided sees the command go out at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause after an error of the outbox itself.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(5);
/// How long the effect may take to show. Together with the longest answer it stays below the lease of a minute.
const VERIFY_WITHIN: Duration = Duration::from_secs(20);
/// How often the effect is looked for.
const VERIFY_EVERY: Duration = Duration::from_millis(500);
/// Leases of one command before a person has to look. With a lease of a minute each, the system was silent for five.
const ATTEMPTS_MAX: i64 = 5;
/// The stream and the action of the interface.
const ORDERS: &str = "orders";
const RESEQUENCE_PATH: &str = "resequence";

/// The job that sends the commands of one source.
pub struct Sender {
    name: String,
    client: Client,
    outbox: Outbox,
    line_by_location: BTreeMap<String, String>,
}

/// The arguments of [`RESEQUENCE`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resequence {
    /// The id of the order there.
    external_id: String,
    /// The code of the line that shall take it over.
    line: String,
}

impl Sender {
    /// A job for the system of a plant file. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::ErpUnreachable`] when the URL is unusable.
    pub fn new(section: &ErpSection, outbox: Outbox) -> Result<Self, Error> {
        let client = Client::new(section)?;
        Ok(Self { name: section.code.clone(), client, outbox, line_by_location: section.line_by_location.clone() })
    }

    /// Sends what comes until cancelled. A command that is under way then is taken up again when its lease ends.
    pub async fn run(self, cancel: CancellationToken) {
        loop {
            let pause = match cancel.run_until_cancelled(self.run_once()).await {
                None => return,
                Some(Ok(true)) => Duration::ZERO,
                Some(Ok(false)) => LOOK_EVERY,
                Some(Err(error)) => {
                    tracing::warn!(source = self.name, code = error.code().as_str(), %error, "a command was not moved on");
                    PAUSE_AFTER_ERROR
                }
            };
            if cancel.run_until_cancelled(sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Takes the next command to its end, or to where it has to wait; `false`: there is none.
    ///
    /// # Errors
    /// Those of the outbox. What goes wrong at the system becomes the state of the command.
    pub async fn run_once(&self) -> Result<bool, Error> {
        let Some(command) = self.outbox.lease_next().await? else { return Ok(false) };
        let (state, outcome) = match arguments(&command) {
            Ok(arguments) => match self.resequence(&command, &arguments).await? {
                Some(end) => end,
                None => return Ok(true),
            },
            Err(problem) => (CommandState::Rejected, problem),
        };
        tracing::info!(source = self.name, command = %command.id, %state, outcome, "a command ended");
        metrics::counter!("plantgraph_erp_commands_total", "source" => self.name.clone(), "state" => state.as_str())
            .increment(1);
        self.outbox.moved(command.id, state, Some(outcome)).await?;
        Ok(true)
    }

    /// The state that the command ends in, and why. `None`: it stays sent, and is taken up when its lease ends.
    async fn resequence(&self, command: &command::Model, wanted: &Resequence) -> Result<Option<End>, Error> {
        if command.attempts > 1 && self.line_of(&wanted.external_id).await.is_ok_and(|line| line == wanted.line) {
            return Ok(Some((CommandState::Verified, "an earlier sending took effect".to_owned())));
        }
        self.outbox.moved(command.id, CommandState::Sent, None).await?;
        let body = json!({ "line": self.theirs(&wanted.line), "key": command.id.to_string() });
        match self.client.post(ORDERS, &wanted.external_id, RESEQUENCE_PATH, &body).await {
            Ok(Posted::Done) => {}
            Ok(Posted::Refused(reason)) => return Ok(Some((CommandState::Rejected, reason))),
            Err(error) if command.attempts < ATTEMPTS_MAX => {
                tracing::warn!(source = self.name, command = %command.id, %error, "nobody knows yet whether a command took effect");
                return Ok(None);
            }
            Err(error) => return Ok(Some((CommandState::Unknown, error.to_string()))),
        }
        self.outbox.moved(command.id, CommandState::Acked, None).await?;
        self.outbox.moved(command.id, CommandState::Verifying, None).await?;
        Ok(Some(self.verify(wanted).await))
    }

    /// Looks until the order is on the wanted line, or the time is over.
    async fn verify(&self, wanted: &Resequence) -> End {
        let deadline = Instant::now() + VERIFY_WITHIN;
        loop {
            let shown = self.line_of(&wanted.external_id).await;
            match shown {
                Ok(line) if line == wanted.line => {
                    return (CommandState::Verified, format!("the order is on line {line}"));
                }
                _ if Instant::now() < deadline => sleep(VERIFY_EVERY).await,
                Ok(line) => {
                    return (CommandState::Mismatch, format!("it was accepted, and the order is on line {line:?}"));
                }
                Err(error) => {
                    return (CommandState::Unknown, format!("it was accepted, and can not be read back: {error}"));
                }
            }
        }
    }

    /// The code of the line that the order is on, in the words of the plant file; empty when it is on none.
    async fn line_of(&self, order: &str) -> Result<String, Error> {
        let order: WireOrder = self.client.find(ORDERS, order).await?;
        let theirs = order.line.unwrap_or_default();
        Ok(self.line_by_location.get(&theirs).cloned().unwrap_or(theirs))
    }

    /// The system's name of a line.
    fn theirs<'a>(&'a self, line: &'a str) -> &'a str {
        let renamed = self.line_by_location.iter().find(|(_, ours)| *ours == line);
        renamed.map_or(line, |(theirs, _)| theirs)
    }
}

/// A final state and its reason.
type End = (CommandState, String);

fn arguments(command: &command::Model) -> Result<Resequence, String> {
    if command.action != RESEQUENCE {
        return Err(format!("this system has no action {}", command.action));
    }
    serde_json::from_str(&command.payload).map_err(|error| format!("the arguments can not be read: {error}"))
}

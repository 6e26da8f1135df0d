//! The job that sends the commands of one system: what people decided goes out, and counts when it was read back.

use std::{collections::BTreeMap, time::Duration};

use chrono::NaiveTime;
use indexmap::IndexMap;
use model::entity::command::{self, CommandState};
use serde_json::{Map, Value, json};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use workflow::commands::Outbox;

use super::{
    action::{Action, Rule},
    engine::{Desk, Engine, plain},
    gate::{Gate, Limit},
    machine::End,
    transport::Transport,
};
use crate::{Error, manifest::Scope, plant_file::SystemSection};

/// How often the outbox is looked into: a person who decided sees the command go out at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause after an error of the outbox itself, and after a command that could not be sent.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(5);
/// Arguments of one command. They come from our own service; a bound all the same.
const PAYLOAD_BYTES_MAX: usize = 64 << 10;

/// What a job needs besides the transport.
#[derive(Clone, Debug)]
pub struct Options {
    /// The code of the source, in logs and metrics.
    pub name: String,
    /// What the system can be asked to do, by canonical word.
    pub actions: IndexMap<String, Action>,
    /// What an answer of this system means, after the rules of the action.
    pub classify: Vec<Rule>,
    /// How often it may be asked.
    pub limit: Limit,
    /// The options of the plant file, for the templates.
    pub options: BTreeMap<String, String>,
    /// What the system calls a place, to the code of the line that works there.
    pub line_by_location: BTreeMap<String, String>,
    /// Whether the plant file lets anything be sent at all.
    pub commands: bool,
}

impl Options {
    /// What the plant file and its manifest say.
    pub fn new(section: &SystemSection, classify: Vec<Rule>, limit: Limit) -> Self {
        Self {
            name: section.code.clone(),
            actions: section.manifest.actions.clone(),
            classify,
            limit,
            options: section.options.clone(),
            line_by_location: section.line_by_location.clone(),
            commands: section.commands,
        }
    }
}

/// The job of one system.
pub struct Sender<T> {
    options: Options,
    transport: T,
    outbox: Outbox,
    gate: Gate,
    read_now: Option<ReadNow>,
}

/// Has the system read at once: what changed there is to reach the twin through its feed, and nothing else.
pub type ReadNow = Box<dyn Fn() + Send + Sync>;

/// What one look into the outbox did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// There was nothing to do, or nothing may be done.
    Nothing,
    /// A command went as far as it could.
    Ended,
    /// A command could not be sent, and waits.
    Waits,
}

impl<T: Transport> Sender<T> {
    /// A job over a transport. Nothing is sent yet. `read_now` is called after an effect.
    pub fn new(options: Options, transport: T, outbox: Outbox, read_now: Option<ReadNow>) -> Self {
        let gate = Gate::new(options.limit);
        Self { options, transport, outbox, gate, read_now }
    }

    /// Sends what comes until cancelled. A command that is under way then is taken up again when its lease ends.
    pub async fn run(mut self, cancel: CancellationToken) {
        loop {
            let pause = match cancel.run_until_cancelled(self.run_once()).await {
                None => return,
                Some(Ok(Did::Ended)) => Duration::ZERO,
                Some(Ok(Did::Nothing)) => LOOK_EVERY,
                Some(Ok(Did::Waits)) => PAUSE_AFTER_ERROR,
                Some(Err(error)) => {
                    let name = &self.options.name;
                    tracing::warn!(source = name, code = error.code().as_str(), %error, "a command was not moved on");
                    PAUSE_AFTER_ERROR
                }
            };
            if cancel.run_until_cancelled(sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Takes the next command to its end, or to where it has to wait.
    ///
    /// # Errors
    /// Those of the outbox. What goes wrong at the system becomes the state of the command.
    pub async fn run_once(&mut self) -> Result<Did, Error> {
        if let Some(reason) = self.stopped().await? {
            self.outbox.waits(&reason).await?;
            return Ok(Did::Nothing);
        }
        let Some(command) = self.outbox.lease_next().await? else { return Ok(Did::Nothing) };
        let end = match self.options.actions.get(&command.action).cloned() {
            None => End::Rejected(format!(
                "the manifest of this system declares no action {}; do it there by hand",
                command.action
            )),
            Some(action) => match scope(&command, &self.options.options, &self.options.line_by_location) {
                Ok(scope) => self.drive(&command, &action, scope).await?,
                Err(problem) => End::Rejected(problem),
            },
        };
        self.ended(&command, end).await
    }

    async fn stopped(&self) -> Result<Option<String>, Error> {
        if !self.options.commands {
            return Ok(Some("commands to this system are switched off in the plant file".to_owned()));
        }
        if self.outbox.stopped().await? {
            return Ok(Some(STOPPED.to_owned()));
        }
        Ok(self.gate.closed())
    }

    async fn drive(&mut self, command: &command::Model, action: &Action, scope: Scope) -> Result<End, Error> {
        let mut desk = Row { outbox: &self.outbox, command };
        let mut engine = Engine {
            action,
            rules: &self.options.classify,
            transport: &mut self.transport,
            gate: &mut self.gate,
            desk: &mut desk,
            scope,
            kept: Map::new(),
        };
        engine.run(command.attempts).await
    }

    async fn ended(&self, command: &command::Model, end: End) -> Result<Did, Error> {
        let (state, text, did) = match end {
            End::Verified(text) => (CommandState::Verified, text, Did::Ended),
            End::Mismatch(text) => (CommandState::Mismatch, text, Did::Ended),
            End::Rejected(text) => (CommandState::Rejected, text, Did::Ended),
            End::Unknown(text) => (CommandState::Unknown, text, Did::Ended),
            End::Unsent(text) => (CommandState::Pending, format!("not sent yet: {text}"), Did::Waits),
            End::Later(text) => {
                tracing::warn!(source = self.options.name, command = %command.id, text, "nobody knows yet whether a command took effect");
                return Ok(Did::Waits);
            }
        };
        let outcome = plain(&Value::String(text));
        tracing::info!(source = self.options.name, command = %command.id, %state, outcome, "a command was moved on");
        metrics::counter!("plantgraph_commands_total", "source" => self.options.name.clone(), "state" => state.as_str())
            .increment(1);
        self.outbox.moved(command.id, state, Some(outcome)).await?;
        if let (CommandState::Verified | CommandState::Mismatch, Some(read_now)) = (state, &self.read_now) {
            read_now();
        }
        Ok(did)
    }
}

/// What a person reads at a command that waits because of the switch in the database.
const STOPPED: &str = "commands to this system are stopped";

/// The row of the command, as the desk of the engine.
struct Row<'a> {
    outbox: &'a Outbox,
    command: &'a command::Model,
}

impl Desk for Row<'_> {
    async fn stopped(&mut self) -> Result<Option<String>, Error> {
        Ok(self.outbox.stopped().await?.then(|| STOPPED.to_owned()))
    }

    async fn moved(&mut self, state: CommandState) -> Result<(), Error> {
        Ok(self.outbox.moved(self.command.id, state, None).await?)
    }
}

/// What the templates and expressions of an action see of a command and of the plant file: `command` with its arguments, and
/// `option`.
pub(super) fn scope(
    command: &command::Model,
    options: &BTreeMap<String, String>,
    line_by_location: &BTreeMap<String, String>,
) -> Result<Scope, String> {
    if command.payload.len() > PAYLOAD_BYTES_MAX {
        return Err(format!("the arguments have more than {PAYLOAD_BYTES_MAX} bytes"));
    }
    let mut arguments: Map<String, Value> =
        serde_json::from_str(&command.payload).map_err(|error| format!("the arguments can not be read: {error}"))?;
    let hex = command.id.0.simple().to_string();
    // When it was leased, by the clock of our database; SAP writes a day as its midnight in UTC.
    let day = command.changed_at.date_naive();
    let midnight = day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    if let Some(line) = arguments.get("line").and_then(Value::as_str) {
        let there = line_by_location.iter().find(|(_, ours)| *ours == line).map_or(line, |(theirs, _)| theirs);
        arguments.insert("lineThere".to_owned(), json!(there));
    }
    arguments.extend([
        ("id".to_owned(), json!(command.id.to_string())),
        ("action".to_owned(), json!(command.action)),
        // For systems whose field for a reference is short: the random half of the id.
        ("key16".to_owned(), json!(hex[16..].to_uppercase())),
        ("today".to_owned(), json!(day.to_string())),
        ("todayMillis".to_owned(), json!(midnight)),
    ]);
    Ok(Scope::new().with("command", Value::Object(arguments)).with("option", json!(options)))
}

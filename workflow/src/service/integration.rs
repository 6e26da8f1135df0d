//! What an integration administrator does to the connection with a system.

use model::{
    Code, SourceId,
    entity::{dead_letter, source_system},
    journal::ChangeKind,
    store::Tx,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    case::sync_stopped,
    error::Error,
    rights::Capability,
    service::{Caller, Operation, Outcome},
};

/// Letters that one replay takes up; more follow with the next.
const REPLAY_MAX: u64 = 10_000;

/// Lets a stopped stream go on.
#[derive(Debug, Serialize)]
pub struct ResumeStream {
    /// The system.
    pub source: SourceId,
    /// The stream.
    pub stream: String,
}

/// Reads a stream again from its beginning. What is known already changes nothing.
#[derive(Debug, Serialize)]
pub struct ResetStream {
    /// The system.
    pub source: SourceId,
    /// The stream.
    pub stream: String,
}

/// Tries the refused records of a system again with its next pass.
#[derive(Debug, Serialize)]
pub struct ReplayDeadLetters {
    /// The system.
    pub source: SourceId,
}

/// The kill switch: while it is on, nothing is sent to a system. What waits goes out when it is off again.
#[derive(Debug, Serialize)]
pub struct StopCommands {
    /// The system.
    pub source: SourceId,
    /// Whether it is on.
    pub stopped: bool,
}

fn refused(caller: &Caller<'_>, source: &source_system::Model) -> Option<Outcome> {
    caller.may(Capability::ManageIntegration, source.plant_id, &[]).err().map(Into::into)
}

fn done(source: SourceId) -> Outcome {
    Outcome::Done { subject: source.0, object: source.0 }
}

/// Says in the journal who did something to the connection: what is known of a stream is no part of the twin.
async fn traced(tx: &mut Tx, source: &source_system::Model) -> Result<Outcome, Error> {
    tx.update::<source_system::Entity>(source, source.clone(), ChangeKind::Updated).await?;
    Ok(done(source.id))
}

/// Whether the system has a stream of this name.
async fn unknown(tx: &Tx, source: SourceId, stream: &str) -> Result<Option<Outcome>, Error> {
    Ok(match tx.job_stream(source, stream).await? {
        Some(_) => None,
        None => Some(Outcome::refused(Code::InvalidInput, format!("the system has no stream {stream}"))),
    })
}

impl Operation for ResumeStream {
    const NAME: &'static str = "resumeStream";
    type Locked = source_system::Entity;

    fn subject(&self) -> Uuid {
        self.source.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, source: source_system::Model) -> Result<Outcome, Error> {
        if let Some(refused) = refused(caller, &source) {
            return Ok(refused);
        }
        if let Some(refused) = unknown(tx, self.source, &self.stream).await? {
            return Ok(refused);
        }
        tx.save_stream(self.source, &self.stream, |row| row.paused_reason = None).await?;
        sync_stopped::resumed(tx, &source, &self.stream).await?;
        traced(tx, &source).await
    }
}

impl Operation for ResetStream {
    const NAME: &'static str = "resetStream";
    type Locked = source_system::Entity;

    fn subject(&self) -> Uuid {
        self.source.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, source: source_system::Model) -> Result<Outcome, Error> {
        if let Some(refused) = refused(caller, &source) {
            return Ok(refused);
        }
        if let Some(refused) = unknown(tx, self.source, &self.stream).await? {
            return Ok(refused);
        }
        tx.save_stream(self.source, &self.stream, |row| row.cursor.clear()).await?;
        traced(tx, &source).await
    }
}

impl Operation for ReplayDeadLetters {
    const NAME: &'static str = "replayDeadLetters";
    type Locked = source_system::Entity;

    fn subject(&self) -> Uuid {
        self.source.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, source: source_system::Model) -> Result<Outcome, Error> {
        if let Some(refused) = refused(caller, &source) {
            return Ok(refused);
        }
        let code = Code::ReferenceMissing.as_str();
        for letter in tx.job_dead_letters_with(self.source, code, false, REPLAY_MAX).await? {
            if letter.next_retry_at.is_some() {
                let after = dead_letter::Model { next_retry_at: None, attempts: 0, ..letter.clone() };
                tx.update::<dead_letter::Entity>(&letter, after, ChangeKind::Updated).await?;
            }
        }
        traced(tx, &source).await
    }
}

impl Operation for StopCommands {
    const NAME: &'static str = "stopCommands";
    type Locked = source_system::Entity;

    fn subject(&self) -> Uuid {
        self.source.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, source: source_system::Model) -> Result<Outcome, Error> {
        if let Some(refused) = refused(caller, &source) {
            return Ok(refused);
        }
        if source.commands_stopped != self.stopped {
            let after = source_system::Model { commands_stopped: self.stopped, ..source.clone() };
            tx.update::<source_system::Entity>(&source, after, ChangeKind::Updated).await?;
        }
        Ok(done(self.source))
    }
}

//! Commands to systems of record: the outbox. A command counts only when its effect was read back.
//!
//! A connector leases the next command, tells what happened to it, and reads back. A sender that goes silent loses its lease;
//! the next one must look whether the command took effect before it sends again.

use std::time::Duration;

use model::{
    CommandId, SourceId, Store,
    entity::{
        command::{self, CommandState},
        exception_case, source_system,
    },
    journal::ChangeKind,
    store::{Actor, Lease, Tx},
};

pub use model::entity::command::Action;

use crate::{case, error::Error};

/// How long a sender may hold a command.
const SEND_WITHIN: Duration = Duration::from_secs(60);
/// Commands that are told at once why they wait. The rest is told with the next look, a second later.
const WAITING_MAX: u64 = 100;

/// The outbox of one source.
#[derive(Clone, Debug)]
pub struct Outbox {
    store: Store,
    source: SourceId,
    lease: Lease,
}

impl Outbox {
    /// The outbox of a source that this process owns.
    pub fn new(store: Store, source: SourceId, lease: Lease) -> Self {
        Self { store, source, lease }
    }

    /// Leases the next command. `attempts` above 1 means that an earlier sender may have sent it: read back before sending.
    ///
    /// # Errors
    /// The store's.
    pub async fn lease_next(&self) -> Result<Option<command::Model>, Error> {
        let mut tx = self.begin().await?;
        let now = tx.at();
        let Some(row) = tx.job_next_command(self.source, now).await? else { return Ok(None) };
        let after = command::Model {
            state: CommandState::Leased,
            attempts: row.attempts + 1,
            leased_until: Some(now + SEND_WITHIN),
            changed_at: now,
            ..row.clone()
        };
        let leased = tx.update::<command::Entity>(&row, after, ChangeKind::CommandMoved).await?;
        tx.commit().await?;
        Ok(Some(leased))
    }

    /// Moves a command, with what the system answered. A verified one may let its case go on, a failed one sends it back to
    /// people.
    ///
    /// # Errors
    /// The store's.
    pub async fn moved(&self, id: CommandId, state: CommandState, outcome: Option<String>) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let row = tx.job_find::<command::Entity>(id.0).await?.ok_or(Error::Missing { what: "command", id: id.0 })?;
        // The case first: a person who decides holds it while looking at its commands.
        let case = match row.case_id {
            Some(case) => tx.job_lock::<exception_case::Entity>(case.0).await?,
            None => None,
        };
        let row = tx.job_lock::<command::Entity>(id.0).await?.ok_or(Error::Missing { what: "command", id: id.0 })?;
        let after = command::Model {
            state,
            outcome: outcome.or_else(|| row.outcome.clone()),
            // Back to wait: nothing was sent, so that this lease does not count.
            attempts: if state == CommandState::Pending { (row.attempts - 1).max(0) } else { row.attempts },
            changed_at: tx.at(),
            ..row.clone()
        };
        let row = tx.update::<command::Entity>(&row, after, ChangeKind::CommandMoved).await?;
        match (case, state) {
            (Some(case), CommandState::Rejected | CommandState::Mismatch | CommandState::Unknown) => {
                case::command_failed(&mut tx, &case, &row).await?;
            }
            (Some(case), CommandState::Verified) => {
                case::progress(&mut tx, case).await?;
            }
            _ => {}
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whether somebody stopped the commands to this source. Looked at before each sending.
    ///
    /// # Errors
    /// The store's.
    pub async fn stopped(&self) -> Result<bool, Error> {
        let tx = self.begin().await?;
        let source = tx.job_find::<source_system::Entity>(self.source.0).await?;
        Ok(source.is_some_and(|source| source.commands_stopped))
    }

    /// Says at the commands that wait why nothing is sent. They stay as they are.
    ///
    /// # Errors
    /// The store's.
    pub async fn waits(&self, reason: &str) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let silent: Vec<_> = tx.job_waiting_commands(self.source, reason, WAITING_MAX).await?;
        if silent.is_empty() {
            return Ok(());
        }
        for row in silent {
            let after = command::Model { outcome: Some(reason.to_owned()), ..row.clone() };
            tx.update::<command::Entity>(&row, after, ChangeKind::CommandMoved).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn begin(&self) -> Result<Tx, Error> {
        let tx = self.store.begin(Actor::system("outbox", format!("source {}", self.source))).await?;
        tx.fence(&self.lease).await?;
        Ok(tx)
    }
}

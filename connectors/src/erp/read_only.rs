//! Commands to a system that this connection only reads: refused at once, so that the case goes back to people.

use std::time::Duration;

use model::entity::command::CommandState;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use workflow::commands::Outbox;

use crate::Error;

/// How often the outbox is looked into.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What the case says.
const REASON: &str = "this connection only reads the system; do it there by hand";

/// Refuses every command of an outbox until cancelled.
pub async fn refuse_commands(source: String, outbox: Outbox, cancel: CancellationToken) {
    loop {
        match cancel.run_until_cancelled(refuse_next(&outbox)).await {
            None => return,
            Some(Ok(true)) => continue,
            Some(Ok(false)) => {}
            Some(Err(error)) => tracing::warn!(source, %error, "a command could not be refused; trying again"),
        }
        if cancel.run_until_cancelled(sleep(LOOK_EVERY)).await.is_none() {
            return;
        }
    }
}

async fn refuse_next(outbox: &Outbox) -> Result<bool, Error> {
    let Some(command) = outbox.lease_next().await? else { return Ok(false) };
    outbox.moved(command.id, CommandState::Rejected, Some(REASON.to_owned())).await?;
    Ok(true)
}

//! The kill switch of a system.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use model::{SourceId, SubjectType};
use workflow::service::StopCommands;

use super::outcome::{MutationOutcome, execute};
use crate::{context::ContextExt, error::Error, global_id::GlobalId, types::SourceSystem};

/// Turns the kill switch of a system.
#[derive(InputObject)]
pub struct StopCommandsInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the system.
    source: ID,
    /// Whether nothing may be sent to it. False lets commands go out again, those that waited too.
    stopped: bool,
}

/// What came of turning the kill switch.
#[derive(SimpleObject)]
pub struct StopCommandsPayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The system as it is now; null if there is none that you may see.
    source_system: Option<SourceSystem>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Turning the kill switch.
#[derive(Default)]
pub struct StopCommandsMutation;

#[Object]
impl StopCommandsMutation {
    /// Stops all commands to a system, or lets them go out again. What waits is kept.
    async fn stop_commands(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: StopCommandsInput,
    ) -> Result<StopCommandsPayload, Error> {
        let source = SourceId(GlobalId::parse_as(&input.source, SubjectType::SourceSystem)?);
        let operation = StopCommands { source, stopped: input.stopped };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        Ok(StopCommandsPayload {
            outcome: MutationOutcome::of(outcome, SubjectType::SourceSystem),
            source_system: context.loaders().one(source).await?.map(SourceSystem),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

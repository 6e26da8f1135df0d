//! Trying refused records again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use model::{SourceId, SubjectType};
use workflow::service::ReplayDeadLetters;

use super::outcome::{MutationOutcome, execute};
use crate::{context::ContextExt, error::Error, global_id::GlobalId, types::SourceSystem};

/// Tries the refused records of a system again.
#[derive(InputObject)]
pub struct ReplayDeadLettersInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the system.
    source: ID,
}

/// What came of trying refused records again.
#[derive(SimpleObject)]
pub struct ReplayDeadLettersPayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The system as it is now; null if there is none that you may see.
    source_system: Option<SourceSystem>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Trying refused records again.
#[derive(Default)]
pub struct ReplayDeadLettersMutation;

#[Object]
impl ReplayDeadLettersMutation {
    /// Tries the records of a system that wait for something they refer to again, with its next pass.
    async fn replay_dead_letters(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: ReplayDeadLettersInput,
    ) -> Result<ReplayDeadLettersPayload, Error> {
        let source = SourceId(GlobalId::parse_as(&input.source, SubjectType::SourceSystem)?);
        let operation = ReplayDeadLetters { source };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        Ok(ReplayDeadLettersPayload {
            outcome: MutationOutcome::of(outcome, SubjectType::SourceSystem),
            source_system: context.loaders().one(source).await?.map(SourceSystem),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

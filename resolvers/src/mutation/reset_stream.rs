//! Reading a stream again from its beginning.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use model::{SourceId, SubjectType};
use workflow::service::ResetStream;

use super::outcome::{MutationOutcome, execute};
use crate::{context::ContextExt, error::Error, global_id::GlobalId, types::SourceSystem};

/// Reads a stream again from its beginning.
#[derive(InputObject)]
pub struct ResetStreamInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the system.
    source: ID,
    /// Name of the stream, as at `SourceSystem.streams`.
    stream: String,
}

/// What came of reading a stream again.
#[derive(SimpleObject)]
pub struct ResetStreamPayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The system as it is now; null if there is none that you may see.
    source_system: Option<SourceSystem>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Reading a stream again.
#[derive(Default)]
pub struct ResetStreamMutation;

#[Object]
impl ResetStreamMutation {
    /// Reads a stream again from its beginning. What is known already changes nothing.
    async fn reset_stream(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: ResetStreamInput,
    ) -> Result<ResetStreamPayload, Error> {
        let source = SourceId(GlobalId::parse_as(&input.source, SubjectType::SourceSystem)?);
        let operation = ResetStream { source, stream: input.stream };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        Ok(ResetStreamPayload {
            outcome: MutationOutcome::of(outcome, SubjectType::SourceSystem),
            source_system: context.loaders().one(source).await?.map(SourceSystem),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

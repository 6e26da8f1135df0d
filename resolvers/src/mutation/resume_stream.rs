//! Letting a stopped stream go on.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use model::{SourceId, SubjectType};
use workflow::service::ResumeStream;

use super::outcome::{MutationOutcome, execute};
use crate::{context::ContextExt, error::Error, global_id::GlobalId, types::SourceSystem};

/// Lets a stopped stream go on.
#[derive(InputObject)]
pub struct ResumeStreamInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the system.
    source: ID,
    /// Name of the stream, as at `SourceSystem.streams`.
    stream: String,
}

/// What came of letting a stream go on.
#[derive(SimpleObject)]
pub struct ResumeStreamPayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The system as it is now; null if there is none that you may see.
    source_system: Option<SourceSystem>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Letting a stream go on.
#[derive(Default)]
pub struct ResumeStreamMutation;

#[Object]
impl ResumeStreamMutation {
    /// Lets a stopped stream go on from where it stopped. A stream that is not stopped stays as it is.
    async fn resume_stream(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: ResumeStreamInput,
    ) -> Result<ResumeStreamPayload, Error> {
        let source = SourceId(GlobalId::parse_as(&input.source, SubjectType::SourceSystem)?);
        let operation = ResumeStream { source, stream: input.stream };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        Ok(ResumeStreamPayload {
            outcome: MutationOutcome::of(outcome, SubjectType::SourceSystem),
            source_system: context.loaders().one(source).await?.map(SourceSystem),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

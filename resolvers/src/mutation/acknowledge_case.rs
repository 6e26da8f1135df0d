//! Taking a case.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use model::{CaseId, SubjectType};
use workflow::service::AcknowledgeCase;

use super::outcome::{MutationOutcome, execute};
use crate::{context::ContextExt, error::Error, global_id::GlobalId, types::Case};

/// Takes a case.
#[derive(InputObject)]
pub struct AcknowledgeCaseInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the case.
    case: ID,
    /// The revision of the case that you saw.
    expected_revision: i32,
}

/// What came of taking a case.
#[derive(SimpleObject)]
pub struct AcknowledgeCasePayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The case as it is now; null if there is none that you may see.
    case: Option<Case>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Taking a case.
#[derive(Default)]
pub struct AcknowledgeCaseMutation;

#[Object]
impl AcknowledgeCaseMutation {
    /// Takes a case: you own it from here, and it does not escalate any more.
    async fn acknowledge_case(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: AcknowledgeCaseInput,
    ) -> Result<AcknowledgeCasePayload, Error> {
        let case = CaseId(GlobalId::parse_as(&input.case, SubjectType::Case)?);
        let operation = AcknowledgeCase { case, expected_revision: input.expected_revision.into() };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        Ok(AcknowledgeCasePayload {
            outcome: MutationOutcome::of(outcome, SubjectType::Case),
            case: context.loaders().one(case).await?.map(Case),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

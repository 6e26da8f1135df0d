//! Completing a task.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use model::{SubjectType, TaskId};
use workflow::service::{CompleteTask, Outcome};

use super::outcome::{MutationOutcome, execute};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    types::{Case, CaseTask},
};

/// Completes a task of a case.
#[derive(InputObject)]
pub struct CompleteTaskInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the task.
    task: ID,
    /// The revision of the task that you saw.
    expected_revision: i32,
}

/// What came of completing a task.
#[derive(SimpleObject)]
pub struct CompleteTaskPayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The task as it is now; null if there is none that you may see.
    task: Option<CaseTask>,
    /// Its case as it is now.
    case: Option<Case>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Completing a task.
#[derive(Default)]
pub struct CompleteTaskMutation;

#[Object]
impl CompleteTaskMutation {
    /// Completes a task of a case. A task that asks for evidence is refused until the evidence is there.
    async fn complete_task(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: CompleteTaskInput,
    ) -> Result<CompleteTaskPayload, Error> {
        let task = TaskId(GlobalId::parse_as(&input.task, SubjectType::CaseTask)?);
        let Some(seen) = context.loaders().one(task).await? else {
            return Ok(CompleteTaskPayload {
                outcome: MutationOutcome::of(Outcome::not_found(), SubjectType::CaseTask),
                task: None,
                case: None,
                client_mutation_id: input.client_mutation_id,
            });
        };
        let operation = CompleteTask { case: seen.case_id, task, expected_revision: input.expected_revision.into() };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        Ok(CompleteTaskPayload {
            outcome: MutationOutcome::of(outcome, SubjectType::CaseTask),
            task: context.loaders().one(task).await?.map(CaseTask),
            case: context.loaders().one(seen.case_id).await?.map(Case),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

//! Adding evidence.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use model::{CaseId, EvidenceId, SubjectType, TaskId};
use workflow::service::{AddEvidence, Outcome};

use super::outcome::{MutationOutcome, execute};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    scalar::Decimal,
    types::{Case, CaseEvidence},
    words::EvidenceKind,
};

/// Adds evidence to a case. It needs no expected revision: evidence only adds.
#[derive(InputObject)]
pub struct AddEvidenceInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the case.
    case: ID,
    /// Global id of the task that it belongs to, if to one.
    task: Option<ID>,
    /// Kind.
    kind: EvidenceKind,
    /// What was seen, or the reference: 1 to 4000 characters.
    text: String,
    /// What was measured; needed for a MEASUREMENT, and only there.
    measurement: Option<QuantityInput>,
}

/// An amount with its unit.
#[derive(InputObject)]
pub struct QuantityInput {
    /// The amount, exact.
    value: Decimal,
    /// The unit (UCUM).
    unit: String,
}

/// What came of adding evidence.
#[derive(SimpleObject)]
pub struct AddEvidencePayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The evidence; null unless it was added.
    evidence: Option<CaseEvidence>,
    /// The case as it is now; null if there is none that you may see.
    case: Option<Case>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Adding evidence.
#[derive(Default)]
pub struct AddEvidenceMutation;

#[Object]
impl AddEvidenceMutation {
    /// Adds evidence to a case, or to one of its tasks.
    async fn add_evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: AddEvidenceInput,
    ) -> Result<AddEvidencePayload, Error> {
        let case = CaseId(GlobalId::parse_as(&input.case, SubjectType::Case)?);
        let task = input.task.map(|task| GlobalId::parse_as(&task, SubjectType::CaseTask)).transpose()?;
        let (value, unit) = input.measurement.map(|measured| (measured.value.0, measured.unit)).unzip();
        let operation =
            AddEvidence { case, task: task.map(TaskId), kind: input.kind.into(), text: input.text, value, unit };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        let evidence = match &outcome {
            Outcome::Done { object, .. } => context.loaders().one(EvidenceId(*object)).await?.map(CaseEvidence),
            Outcome::NeedsApproval { .. } | Outcome::Refused(_) | Outcome::Conflict { .. } => None,
        };
        Ok(AddEvidencePayload {
            outcome: MutationOutcome::of(outcome, SubjectType::CaseEvidence),
            evidence,
            case: context.loaders().one(case).await?.map(Case),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

//! Deciding, and approving what others decided.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use model::{CaseId, DecisionId, LineId, SourceId, SubjectType};
use workflow::{
    case::Effect,
    service::{self, Outcome},
};

use super::outcome::{MutationOutcome, execute};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    types::{Case, CaseDecision},
    words::DecisionOption,
};

/// Decides an option on a case, or agrees to the same option that waits for approval.
#[derive(InputObject)]
pub struct DecideInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the case.
    case: ID,
    /// The revision of the case that you saw.
    expected_revision: i32,
    /// What is decided.
    option: DecisionOption,
    /// Global id of the line that takes the order over; needed for RESEQUENCE_ORDER, and only there.
    target_line: Option<ID>,
    /// Global id of the system whose claim is accepted (ACCEPT_CLAIM) or that is corrected (CORRECT_SOURCE); needed there.
    source: Option<ID>,
    /// Until when a claim or a difference is accepted, at most 90 days ahead; 7 days unless given.
    until: Option<DateTime<Utc>>,
    /// Why: 1 to 4000 characters.
    reason: String,
}

/// What came of deciding.
#[derive(SimpleObject)]
pub struct DecidePayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The decision, waiting or in effect; null when nothing was recorded.
    decision: Option<CaseDecision>,
    /// The case as it is now; null if there is none that you may see.
    case: Option<Case>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Deciding.
#[derive(Default)]
pub struct DecideMutation;

#[Object]
impl DecideMutation {
    /// Decides an option on a case. If the same option waits for approval, this is an approval of it. Of several who decide at
    /// once one wins, and the others are told who.
    async fn decide(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: DecideInput,
    ) -> Result<DecidePayload, Error> {
        let case = CaseId(GlobalId::parse_as(&input.case, SubjectType::Case)?);
        let target = input.target_line.map(|line| GlobalId::parse_as(&line, SubjectType::Line)).transpose()?;
        let source = input.source.map(|id| GlobalId::parse_as(&id, SubjectType::SourceSystem)).transpose()?;
        let operation = service::Decide {
            case,
            expected_revision: input.expected_revision.into(),
            option: input.option.into(),
            effect: Effect { target_line: target.map(LineId), source: source.map(SourceId), until: input.until },
            reason: input.reason,
        };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        let decision = match &outcome {
            Outcome::Done { object, .. } => Some(DecisionId(*object)),
            Outcome::NeedsApproval { decision, .. } => Some(*decision),
            Outcome::Refused(_) | Outcome::Conflict { .. } => None,
        };
        let decision = match decision {
            Some(decision) => context.loaders().one(decision).await?.map(CaseDecision),
            None => None,
        };
        Ok(DecidePayload {
            outcome: MutationOutcome::of(outcome, SubjectType::CaseDecision),
            decision,
            case: context.loaders().one(case).await?.map(Case),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

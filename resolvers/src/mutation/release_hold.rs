//! Releasing a hold.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use model::{HoldId, SubjectType};
use workflow::service::{Outcome, ReleaseHold};

use super::outcome::{MutationOutcome, execute};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    types::{Hold, MaterialLot},
};

/// Releases a hold.
#[derive(InputObject)]
pub struct ReleaseHoldInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the hold.
    hold: ID,
    /// The revision of the hold that you saw.
    expected_revision: i32,
    /// Why it may go: 1 to 4000 characters.
    reason: String,
}

/// What came of releasing a hold.
#[derive(SimpleObject)]
pub struct ReleaseHoldPayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The hold as it is now; null if there is none that you may see.
    hold: Option<Hold>,
    /// Its lot as it is now.
    lot: Option<MaterialLot>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Releasing a hold.
#[derive(Default)]
pub struct ReleaseHoldMutation;

#[Object]
impl ReleaseHoldMutation {
    /// Releases a hold. Who placed it can not release it. The lot is usable again when none of its holds binds any more.
    async fn release_hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: ReleaseHoldInput,
    ) -> Result<ReleaseHoldPayload, Error> {
        let hold = HoldId(GlobalId::parse_as(&input.hold, SubjectType::Hold)?);
        let Some(seen) = context.loaders().one(hold).await? else {
            return Ok(ReleaseHoldPayload {
                outcome: MutationOutcome::of(Outcome::not_found(), SubjectType::Hold),
                hold: None,
                lot: None,
                client_mutation_id: input.client_mutation_id,
            });
        };
        let operation = ReleaseHold {
            lot: seen.lot_id,
            hold,
            expected_revision: input.expected_revision.into(),
            reason: input.reason,
        };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        Ok(ReleaseHoldPayload {
            outcome: MutationOutcome::of(outcome, SubjectType::Hold),
            hold: context.loaders().one(hold).await?.map(Hold),
            lot: context.loaders().one(seen.lot_id).await?.map(MaterialLot),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

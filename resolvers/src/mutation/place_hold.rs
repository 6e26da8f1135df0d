//! Placing a hold.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use model::{HoldId, LotId, SubjectType};
use workflow::service::{Outcome, PlaceHold};

use super::outcome::{MutationOutcome, execute};
use crate::{
    context::ContextExt,
    error::Error,
    global_id::GlobalId,
    types::{Hold, MaterialLot},
};

/// Places a hold on a lot.
#[derive(InputObject)]
pub struct PlaceHoldInput {
    /// Your key for this request: 1 to 128 characters, fresh for each thing you want done, the same when you repeat it.
    idempotency_key: String,
    /// Given back in the payload.
    client_mutation_id: Option<String>,
    /// Global id of the lot.
    lot: ID,
    /// The revision of the lot that you saw.
    expected_revision: i32,
    /// Why: 1 to 4000 characters.
    reason: String,
}

/// What came of placing a hold.
#[derive(SimpleObject)]
pub struct PlaceHoldPayload {
    /// What it led to.
    outcome: MutationOutcome,
    /// The hold; null unless it was placed.
    hold: Option<Hold>,
    /// The lot as it is now; null if there is none that you may see.
    lot: Option<MaterialLot>,
    /// As it was given.
    client_mutation_id: Option<String>,
}

/// Placing a hold.
#[derive(Default)]
pub struct PlaceHoldMutation;

#[Object]
impl PlaceHoldMutation {
    /// Places a hold: the lot is unusable in the twin from this moment on.
    async fn place_hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to do, and your key for it.")] input: PlaceHoldInput,
    ) -> Result<PlaceHoldPayload, Error> {
        let lot = LotId(GlobalId::parse_as(&input.lot, SubjectType::MaterialLot)?);
        let operation = PlaceHold { lot, expected_revision: input.expected_revision.into(), reason: input.reason };
        let outcome = execute(context, &input.idempotency_key, operation).await?;
        let hold = match &outcome {
            Outcome::Done { object, .. } => context.loaders().one(HoldId(*object)).await?.map(Hold),
            Outcome::NeedsApproval { .. } | Outcome::Refused(_) | Outcome::Conflict { .. } => None,
        };
        Ok(PlaceHoldPayload {
            outcome: MutationOutcome::of(outcome, SubjectType::Hold),
            hold,
            lot: context.loaders().one(lot).await?.map(MaterialLot),
            client_mutation_id: input.client_mutation_id,
        })
    }
}

//! Holds on lots.

use model::{
    Code, HoldId, HoldState, LotId,
    entity::{hold, material_lot},
    journal::ChangeKind,
    store::Tx,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    case::quality_hold,
    error::Error,
    rights::Capability,
    service::{Caller, Operation, Outcome, outcome::Winner, text::text_problem},
};

/// Places a hold: the lot is unusable in the twin from this commit on.
#[derive(Debug, Serialize)]
pub struct PlaceHold {
    /// The lot.
    pub lot: LotId,
    /// The revision of the lot that the caller saw.
    pub expected_revision: i64,
    /// Why.
    pub reason: String,
}

impl Operation for PlaceHold {
    const NAME: &'static str = "placeHold";
    type Locked = material_lot::Entity;

    fn subject(&self) -> Uuid {
        self.lot.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, lot: material_lot::Model) -> Result<Outcome, Error> {
        if let Err(refusal) = caller.may(Capability::PlaceHold, lot.plant_id, &[]) {
            return Ok(refusal.into());
        }
        if lot.revision != self.expected_revision {
            return Ok(Outcome::Conflict { subject: lot.id.0, revision: lot.revision, winner: None });
        }
        if let Some(refused) = text_problem("reason", &self.reason) {
            return Ok(refused);
        }
        let row = hold::Model {
            id: HoldId::new(),
            plant_id: lot.plant_id,
            lot_id: lot.id,
            reason: self.reason.clone(),
            state: HoldState::Open,
            placed_by: caller.principal.name.clone(),
            placed_by_person: caller.principal.person.clone(),
            placed_at: tx.at(),
            released_by: None,
            released_by_person: None,
            released_at: None,
            release_reason: None,
            revision: 0,
        };
        let row = tx.create::<hold::Entity>(row, ChangeKind::HoldPlaced).await?;
        let held = material_lot::Model { open_holds: lot.open_holds + 1, ..lot.clone() };
        let held = tx.update::<material_lot::Entity>(&lot, held, ChangeKind::HoldPlaced).await?;
        quality_hold::placed(tx, &held, &row).await?;
        Ok(Outcome::Done { subject: lot.id.0, object: row.id.0 })
    }
}

/// Releases a hold. Who placed it can not release it.
#[derive(Debug, Serialize)]
pub struct ReleaseHold {
    /// The lot.
    pub lot: LotId,
    /// The hold.
    pub hold: HoldId,
    /// The revision of the hold that the caller saw.
    pub expected_revision: i64,
    /// Why it may go.
    pub reason: String,
}

impl Operation for ReleaseHold {
    const NAME: &'static str = "releaseHold";
    type Locked = material_lot::Entity;

    fn subject(&self) -> Uuid {
        self.lot.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, lot: material_lot::Model) -> Result<Outcome, Error> {
        let Some(row) = tx.job_lock::<hold::Entity>(self.hold.0).await?.filter(|hold| hold.lot_id == lot.id) else {
            return Ok(Outcome::not_found());
        };
        if let Err(refusal) =
            caller.may(Capability::ReleaseHold, lot.plant_id, std::slice::from_ref(&row.placed_by_person))
        {
            return Ok(refusal.into());
        }
        if row.revision != self.expected_revision {
            let winner = row.released_at.zip(row.released_by.clone()).map(|(at, name)| Winner {
                name,
                did: row.state.to_string(),
                at,
            });
            return Ok(Outcome::Conflict { subject: row.id.0, revision: row.revision, winner });
        }
        if row.state != HoldState::Open {
            return Ok(Outcome::refused(Code::InvalidState, "the hold is released already"));
        }
        if let Some(refused) = text_problem("reason", &self.reason) {
            return Ok(refused);
        }
        let after = hold::Model {
            state: HoldState::Released,
            released_by: Some(caller.principal.name.clone()),
            released_by_person: Some(caller.principal.person.clone()),
            released_at: Some(tx.at()),
            release_reason: Some(self.reason.clone()),
            ..row.clone()
        };
        let row = tx.update::<hold::Entity>(&row, after, ChangeKind::HoldReleased).await?;
        let freed = material_lot::Model { open_holds: lot.open_holds - 1, ..lot.clone() };
        let freed = tx.update::<material_lot::Entity>(&lot, freed, ChangeKind::HoldReleased).await?;
        quality_hold::released(tx, &freed, &row, &caller.principal.name).await?;
        Ok(Outcome::Done { subject: lot.id.0, object: row.id.0 })
    }
}

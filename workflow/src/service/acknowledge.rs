//! Taking a case.

use model::{
    CaseClass, CaseId, Code,
    entity::{exception_case, timer::TimerKind},
    journal::ChangeKind,
    store::Tx,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    case::cancel_timers,
    error::Error,
    rights::Capability,
    service::{Caller, Operation, Outcome, decide::names, outcome::Winner},
};

/// Takes a case: the caller owns it from here, and it does not escalate any more.
#[derive(Debug, Serialize)]
pub struct AcknowledgeCase {
    /// The case.
    pub case: CaseId,
    /// The revision that the caller saw.
    pub expected_revision: i64,
}

impl Operation for AcknowledgeCase {
    const NAME: &'static str = "acknowledgeCase";
    type Locked = exception_case::Entity;

    fn subject(&self) -> Uuid {
        self.case.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, case: exception_case::Model) -> Result<Outcome, Error> {
        let capability = match case.class {
            CaseClass::Downtime => Capability::AcknowledgeCase,
            CaseClass::StatusConflict | CaseClass::QualityHold | CaseClass::SyncStopped => {
                Capability::AcknowledgeDispute
            }
        };
        if let Err(refusal) = caller.may(capability, case.plant_id, &[]) {
            return Ok(refusal.into());
        }
        if case.revision != self.expected_revision {
            return conflict(tx, &case).await;
        }
        if !case.state.is_open() {
            return Ok(Outcome::refused(
                Code::InvalidState,
                format!("the case is {}; only an open case can be taken", case.state),
            ));
        }
        if let Some(owner) = &case.owner_name {
            return Ok(Outcome::refused(Code::InvalidState, format!("{owner} has taken the case already")));
        }
        let after = exception_case::Model {
            acknowledged_at: Some(tx.at()),
            owner_person: Some(caller.principal.person.clone()),
            owner_name: Some(caller.principal.name.clone()),
            ..case.clone()
        };
        tx.update::<exception_case::Entity>(&case, after, ChangeKind::CaseAcknowledged).await?;
        cancel_timers(tx, case.id, Some(TimerKind::Acknowledge)).await?;
        Ok(Outcome::Done { subject: case.id.0, object: case.id.0 })
    }
}

/// The case moved on: who moved it last, as far as decisions and its owner tell.
pub(super) async fn conflict(tx: &Tx, case: &exception_case::Model) -> Result<Outcome, Error> {
    let decided = match tx.job_last_effective_decision(case.id).await? {
        Some(decision) => {
            let name = names(&serde_json::from_str::<Vec<_>>(&decision.approvals)?);
            decision.effective_at.map(|at| Winner { name, did: decision.option.to_string(), at })
        }
        None => None,
    };
    let taken = case.acknowledged_at.zip(case.owner_name.clone()).map(|(at, name)| Winner {
        name,
        did: "ACKNOWLEDGED".to_owned(),
        at,
    });
    let winner = [taken, decided].into_iter().flatten().max_by_key(|winner| winner.at);
    Ok(Outcome::Conflict { subject: case.id.0, revision: case.revision, winner })
}

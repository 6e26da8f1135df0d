//! Deciding on a case, and approving what others decided.

use chrono::{DateTime, Utc};
use model::{
    CaseId, Code, DecisionId, DecisionOption, DecisionState,
    entity::{case_decision, exception_case},
    journal::ChangeKind,
    store::Tx,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    case::{Effect, check_effect, take_effect},
    error::Error,
    rights::{Capability, Grant},
    service::{Caller, Operation, Outcome, acknowledge::conflict, text::text_problem},
};

/// Decides an option on a case. If the same option waits for approval, this is an approval of it.
///
/// A decision that waits does not change the case's revision, so two approvers who saw the same case never refuse each other.
#[derive(Debug, Serialize)]
pub struct Decide {
    /// The case.
    pub case: CaseId,
    /// The revision of the case that the caller saw.
    pub expected_revision: i64,
    /// What is decided.
    pub option: DecisionOption,
    /// What the option needs.
    pub effect: Effect,
    /// Why.
    pub reason: String,
}

/// One person who agreed to a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The person.
    pub person: String,
    /// Name to show.
    pub name: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Operation for Decide {
    const NAME: &'static str = "decide";
    type Locked = exception_case::Entity;

    fn subject(&self) -> Uuid {
        self.case.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, case: exception_case::Model) -> Result<Outcome, Error> {
        let capability = Capability::Decide(self.option);
        let grant = match caller.may(capability, case.plant_id, &[]) {
            Ok(grant) => grant,
            Err(refusal) => return Ok(refusal.into()),
        };
        if case.revision != self.expected_revision {
            return conflict(tx, &case).await;
        }
        if let Some(refused) = text_problem("reason", &self.reason) {
            return Ok(refused);
        }
        if !case.state.accepts_decision() {
            return Ok(Outcome::refused(
                Code::InvalidState,
                format!("the case is {}; a decision is taken while it is ASSIGNED or CONTAINED", case.state),
            ));
        }
        if let Err(problem) = check_effect(tx, &case, self.option, self.effect).await? {
            return Ok(Outcome::refused(Code::InvalidState, problem));
        }
        let pending = tx.job_pending_decisions(case.id).await?;
        let decision = match pending.iter().find(|decision| decision.option == self.option) {
            None => self.propose(tx, caller, &case, &grant).await?,
            Some(waiting) => match self.approve(tx, caller, waiting).await? {
                Ok(approved) => approved,
                Err(refused) => return Ok(refused),
            },
        };
        let approvals: Vec<Approval> = serde_json::from_str(&decision.approvals)?;
        if (approvals.len() as i64) < decision.approvals_needed {
            return Ok(Outcome::NeedsApproval {
                subject: case.id.0,
                decision: decision.id,
                approvals: approvals.len() as i64,
                needed: decision.approvals_needed,
                roles: caller.holders(capability),
            });
        }
        effective(tx, case, decision, &approvals, &pending).await
    }
}

impl Decide {
    fn approval(&self, tx: &Tx, caller: &Caller<'_>) -> Approval {
        Approval { person: caller.principal.person.clone(), name: caller.principal.name.clone(), at: tx.at() }
    }

    async fn propose(
        &self,
        tx: &mut Tx,
        caller: &Caller<'_>,
        case: &exception_case::Model,
        grant: &Grant,
    ) -> Result<case_decision::Model, Error> {
        let row = case_decision::Model {
            id: DecisionId::new(),
            plant_id: case.plant_id,
            case_id: case.id,
            option: self.option,
            parameters: serde_json::to_string(&self.effect)?,
            reason: self.reason.clone(),
            state: DecisionState::PendingApproval,
            approvals: serde_json::to_string(&[self.approval(tx, caller)])?,
            approvals_needed: grant.approvals,
            policy_version: grant.version.clone(),
            policy_row: grant.row.clone(),
            proposed_at: tx.at(),
            effective_at: None,
            revision: 0,
        };
        Ok(tx.create::<case_decision::Entity>(row, ChangeKind::DecisionProposed).await?)
    }

    /// One more person agrees. Who agreed already is not a second pair of eyes, and nobody agrees to other parameters.
    async fn approve(
        &self,
        tx: &mut Tx,
        caller: &Caller<'_>,
        waiting: &case_decision::Model,
    ) -> Result<Result<case_decision::Model, Outcome>, Error> {
        let mut approvals: Vec<Approval> = serde_json::from_str(&waiting.approvals)?;
        if approvals.iter().any(|approval| approval.person == caller.principal.person) {
            let message = "you agreed to this decision already; it needs another person";
            return Ok(Err(Outcome::refused(Code::SamePerson, message)));
        }
        if serde_json::from_str::<Effect>(&waiting.parameters)? != self.effect {
            let message = "the same option waits for approval with other parameters; approve exactly those or decide another option";
            return Ok(Err(Outcome::refused(Code::InvalidState, message)));
        }
        approvals.push(self.approval(tx, caller));
        let after = case_decision::Model { approvals: serde_json::to_string(&approvals)?, ..waiting.clone() };
        Ok(Ok(tx.update::<case_decision::Entity>(waiting, after, ChangeKind::DecisionApproved).await?))
    }
}

/// Enough people agreed: the decision takes effect and overtakes those that wait.
async fn effective(
    tx: &mut Tx,
    case: exception_case::Model,
    decision: case_decision::Model,
    approvals: &[Approval],
    pending: &[case_decision::Model],
) -> Result<Outcome, Error> {
    let after =
        case_decision::Model { state: DecisionState::Effective, effective_at: Some(tx.at()), ..decision.clone() };
    let decision = tx.update::<case_decision::Entity>(&decision, after, ChangeKind::DecisionEffective).await?;
    if decision.option.is_terminal() {
        for overtaken in pending.iter().filter(|waiting| waiting.id != decision.id) {
            let after = case_decision::Model { state: DecisionState::Superseded, ..overtaken.clone() };
            tx.update::<case_decision::Entity>(overtaken, after, ChangeKind::DecisionSuperseded).await?;
        }
    }
    let case = take_effect(tx, case, &decision, &names(approvals)).await?;
    Ok(Outcome::Done { subject: case.id.0, object: decision.id.0 })
}

/// The names of those who agreed.
pub(super) fn names(approvals: &[Approval]) -> String {
    let names: Vec<_> = approvals.iter().map(|approval| approval.name.as_str()).collect();
    names.join(", ")
}

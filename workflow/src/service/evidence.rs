//! Adding evidence.

use model::{
    CaseId, Code, EvidenceId, EvidenceKind, Quantity, TaskId,
    entity::{case_evidence, case_task, exception_case},
    journal::ChangeKind,
    store::Tx,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    error::Error,
    rights::Capability,
    service::{Caller, Operation, Outcome, text::text_problem},
};

/// Longest unit (UCUM).
const UNIT_LENGTH_MAX: usize = 32;

/// Adds evidence to a case. It needs no expected revision: evidence only adds.
#[derive(Debug, Serialize)]
pub struct AddEvidence {
    /// The case.
    pub case: CaseId,
    /// The task that it belongs to.
    pub task: Option<TaskId>,
    /// Kind.
    pub kind: EvidenceKind,
    /// What was seen, or the reference.
    pub text: String,
    /// The measured value.
    pub value: Option<Quantity>,
    /// Its unit.
    pub unit: Option<String>,
}

impl AddEvidence {
    fn problem(&self) -> Option<String> {
        let is_unit =
            |unit: &str| !unit.trim().is_empty() && unit.len() <= UNIT_LENGTH_MAX && !unit.contains(char::is_control);
        let measured = self.value.is_some() && self.unit.as_deref().is_some_and(is_unit);
        match self.kind {
            EvidenceKind::Measurement if !measured => Some("a MEASUREMENT needs value and unit".to_owned()),
            EvidenceKind::Text | EvidenceKind::Reference if self.value.is_some() => {
                Some("only a MEASUREMENT has a value".to_owned())
            }
            _ => None,
        }
    }
}

impl Operation for AddEvidence {
    const NAME: &'static str = "addEvidence";
    type Locked = exception_case::Entity;

    fn subject(&self) -> Uuid {
        self.case.0
    }

    async fn apply(&self, tx: &mut Tx, caller: &Caller<'_>, case: exception_case::Model) -> Result<Outcome, Error> {
        if let Err(refusal) = caller.may(Capability::AddEvidence, case.plant_id, &[]) {
            return Ok(refusal.into());
        }
        if let Some(refused) = text_problem("text", &self.text) {
            return Ok(refused);
        }
        if let Some(problem) = self.problem() {
            return Ok(Outcome::refused(Code::InvalidInput, problem));
        }
        if !case.state.is_open() {
            return Ok(Outcome::refused(
                Code::InvalidState,
                format!("the case is {}; evidence is added to open cases", case.state),
            ));
        }
        if let Some(task) = self.task
            && tx.job_find::<case_task::Entity>(task.0).await?.is_none_or(|task| task.case_id != case.id)
        {
            return Ok(Outcome::not_found());
        }
        let row = case_evidence::Model {
            id: EvidenceId::new(),
            plant_id: case.plant_id,
            case_id: case.id,
            task_id: self.task,
            kind: self.kind,
            text: self.text.clone(),
            value: self.value,
            unit: self.unit.clone(),
            added_by: caller.principal.name.clone(),
            added_by_person: caller.principal.person.clone(),
            added_at: tx.at(),
            revision: 0,
        };
        let row = tx.create::<case_evidence::Entity>(row, ChangeKind::Created).await?;
        Ok(Outcome::Done { subject: case.id.0, object: row.id.0 })
    }
}

//! What may I decide now, why not, and who can.

use model::{Code, DecisionOption, Principal, Role, entity::exception_case};

use crate::{
    rights::{Capability, Question, Ruling},
    service::Service,
};

/// An option of a case, as one caller may take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionChoice {
    /// The option.
    pub option: DecisionOption,
    /// Whether the caller may decide it now.
    pub allowed: bool,
    /// Why not: a stable code and words.
    pub refusal: Option<(Code, String)>,
    /// Roles that may.
    pub roles: Vec<Role>,
    /// How many distinct people have to agree; `None` when nobody may.
    pub approvals_needed: Option<i64>,
}

impl Service {
    /// The options of a case, for one caller.
    pub fn choices(&self, principal: &Principal, case: &exception_case::Model) -> Vec<DecisionChoice> {
        let roles = principal.roles_in(case.plant_id);
        DecisionOption::of(case.class)
            .iter()
            .map(|option| {
                let capability = Capability::Decide(*option);
                let question = Question {
                    capability,
                    plant: case.plant_id,
                    person: &principal.person,
                    roles: &roles,
                    service: principal.service,
                    initiators: &[],
                };
                let refusal = match self.rights().judge(&question) {
                    Ruling::Allowed(_) if case.state.accepts_decision() => None,
                    Ruling::Allowed(_) => {
                        let why = format!(
                            "the case is {}; a decision is taken while it is ASSIGNED or CONTAINED",
                            case.state
                        );
                        Some((Code::InvalidState, why))
                    }
                    Ruling::Refused(refusal) => Some((refusal.code, refusal.message)),
                };
                DecisionChoice {
                    option: *option,
                    allowed: refusal.is_none(),
                    refusal,
                    roles: self.rights().holders(capability),
                    approvals_needed: self.rights().approvals(capability),
                }
            })
            .collect()
    }
}

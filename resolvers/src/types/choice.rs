//! What may I decide now, why not, and who can.

use async_graphql::SimpleObject;
use workflow::service;

use crate::words::{self, DecisionOption, Role};

/// An option of a case, as you may take it now.
#[derive(SimpleObject)]
pub struct DecisionChoice {
    /// The option.
    option: DecisionOption,
    /// Whether you may decide it now.
    allowed: bool,
    /// Stable code of why not; null when you may.
    code: Option<&'static str>,
    /// Why not, in words; null when you may.
    message: Option<String>,
    /// The roles that may decide it.
    roles: Vec<Role>,
    /// How many distinct people have to agree; null when nobody may.
    approvals_needed: Option<i64>,
}

impl From<service::DecisionChoice> for DecisionChoice {
    fn from(choice: service::DecisionChoice) -> Self {
        let (code, message) = choice.refusal.map(|(code, message)| (code.as_str(), message)).unzip();
        Self {
            option: choice.option.into(),
            allowed: choice.allowed,
            code,
            message,
            roles: words::all(choice.roles),
            approvals_needed: choice.approvals_needed,
        }
    }
}

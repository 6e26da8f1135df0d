//! What no table can allow.

use model::Code;

use crate::rights::Question;

/// Why a question is refused whatever the table says; `None` when the table may judge.
///
/// Service accounts decide nothing. Where a second pair of eyes is needed, whoever began is not it, whichever account is used.
pub fn forbidden(question: &Question<'_>, distinct_from_initiators: bool) -> Option<(Code, &'static str)> {
    if question.service {
        return Some((Code::ServiceAccount, "service accounts decide nothing"));
    }
    if distinct_from_initiators && question.initiators.iter().any(|initiator| initiator == question.person) {
        return Some((Code::SamePerson, "this needs another person than the one who began it"));
    }
    None
}

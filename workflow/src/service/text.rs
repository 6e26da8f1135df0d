//! The texts that people send.

use model::Code;

use crate::service::Outcome;

/// Longest text; longer documents are referred to.
const LENGTH_MAX: usize = 4_000;

/// Why a text can not be taken; `None` when it can. PostgreSQL stores no NUL, and SQLite would cut the text there.
pub(super) fn text_problem(name: &str, text: &str) -> Option<Outcome> {
    let problem = if text.trim().is_empty() || text.chars().count() > LENGTH_MAX {
        format!("the {name} must have 1 to {LENGTH_MAX} characters")
    } else if text.contains('\0') {
        format!("the {name} must not contain the character U+0000")
    } else {
        return None;
    };
    Some(Outcome::refused(Code::InvalidInput, problem))
}

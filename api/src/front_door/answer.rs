//! What leaves: errors with a code and an id, and nothing of the inside.

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use model::Code;
use serde::Serialize;
use uuid::Uuid;

use super::{Refusal, refusal::Location};

/// A response names at most so many errors; the rest would only repeat what is wrong.
const ERRORS_MAX: usize = 50;

/// How the library's own errors about argument values begin. They carry no code but are the client's to mend.
const INPUT_ERRORS: [&str; 3] = ["Failed to parse \"", "Expected input type \"", "Invalid value for argument"];

/// A response to a request that was not executed: it has no `data`.
#[derive(Serialize)]
pub(super) struct Refused<'a> {
    errors: Vec<Problem<'a>>,
}

/// One error as it travels.
#[derive(Serialize)]
pub(super) struct Problem<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "<[Location]>::is_empty")]
    locations: &'a [Location],
    extensions: Extensions<'a>,
}

#[derive(Serialize)]
struct Extensions<'a> {
    code: &'static str,
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

/// The errors of a refused request. All share one id, which the log has too.
pub(super) fn problems(refusals: &[Refusal]) -> Vec<Problem<'_>> {
    let id = Uuid::new_v4();
    for refusal in refusals {
        let (code, message) = (refusal.code.as_str(), &refusal.message);
        match refusal.code {
            Code::Internal => tracing::error!(error_id = %id, message, "an operation panicked"),
            _ => tracing::debug!(error_id = %id, code, message, "request refused"),
        }
        metrics::counter!("plantgraph_graphql_refused_total", "code" => code).increment(1);
    }
    refusals
        .iter()
        .map(|refusal| Problem {
            message: &refusal.message,
            locations: &refusal.locations,
            extensions: Extensions { code: refusal.code.as_str(), id, cursor: refusal.cursor.as_deref() },
        })
        .collect()
}

/// The body of a refused request.
pub(super) fn refused(refusals: &[Refusal]) -> Refused<'_> {
    Refused { errors: problems(refusals) }
}

/// Makes the errors of an executed request fit to leave: each with a known code and the id of this response. What carries
/// no code of ours comes from inside: it is logged here, once, and the client learns only the id.
pub(super) fn sealed(mut response: Response) -> Response {
    if !response.errors.is_empty() {
        let id = Uuid::new_v4();
        response.errors.truncate(ERRORS_MAX);
        for error in &mut response.errors {
            seal(error, id);
        }
    }
    response
}

fn seal(error: &mut ServerError, id: Uuid) {
    let code = known_code(error);
    error.source = None;
    if code.is_some() && error.extensions.as_ref().is_some_and(|extensions| extensions.get("id").is_some()) {
        // The resolver has logged it under this id, and made its text fit to leave.
        return;
    }
    match code {
        None | Some(Code::Internal) => {
            tracing::error!(error_id = %id, path = ?error.path, error = error.message, "a resolver failed");
            error.message = "something failed inside; the id finds the cause in the log".to_owned();
            error.extensions = None;
        }
        Some(Code::DatabaseUnavailable) => {
            tracing::warn!(error_id = %id, path = ?error.path, error = error.message, "a resolver had no database");
        }
        Some(_) => {}
    }
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", code.unwrap_or(Code::Internal).as_str());
    extensions.set("id", id.to_string());
}

/// The code of an error, if it is one of ours.
fn known_code(error: &ServerError) -> Option<Code> {
    let named = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    match named {
        Some(Value::String(named)) => Code::ALL.iter().copied().find(|code| code.as_str() == named),
        Some(_) => None,
        None => {
            let is_input = error.source.is_none() && INPUT_ERRORS.iter().any(|start| error.message.starts_with(start));
            is_input.then_some(Code::InvalidInput)
        }
    }
}

//! Actions on Tryton: one call of its JSON-RPC each.
//!
//! A request is `{call: model.NAME.METHOD, params: […], context: {…}, accept_warnings: […]}`. An answer has the status 200 and,
//! as its body, `{result: …}` or `{error: [kind, details]}`. Tryton answers 200 to a refusal, to a race, and to a button that
//! wants a person to fill in a wizard first; here each is told apart.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::rpc::{Client, Trouble};
use crate::{
    Error,
    actions::{Answer, Failure, Intent, Transport, Verdict, by_status},
    http::{Problem, foreign},
    plant_file::SystemSection,
};

/// Warnings that one call may raise one after the other.
const WARNINGS_MAX: usize = 5;
/// What only reads, by the last part of its name.
const READING: &[&str] = &["read", "search", "search_read", "search_count", "today", "fields_get"];
/// What would write a state as a field, past every rule of Tryton. Records are created, and buttons pressed; nothing else.
const FORBIDDEN: &[&str] = &["write", "delete", "copy", "import_data", "write_many", "save"];

/// The way to Tryton.
pub struct TrytonTransport {
    client: Client,
}

/// A request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    call: String,
    #[serde(default)]
    params: Vec<Value>,
    #[serde(default)]
    context: Map<String, Value>,
    /// Beginnings of the names of warnings that the manifest answers with yes.
    #[serde(default)]
    accept_warnings: Vec<String>,
}

impl TrytonTransport {
    /// The Tryton of a plant file. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::ErpUnreachable`] when the URL is unusable, [`Error::Secret`].
    pub fn new(section: &SystemSection) -> Result<Self, Error> {
        Ok(Self { client: Client::new(section)? })
    }

    async fn call(&mut self, call: Call) -> Result<Answer, Failure> {
        let context = Value::Object(call.context);
        for _ in 0..WARNINGS_MAX {
            let fault = match self.client.exchange(&call.call, call.params.clone(), &context).await {
                Ok(Ok(result)) => return Ok(answer(json!({ "result": result }))),
                Ok(Err(fault)) => fault,
                Err(trouble) => return trouble_of(trouble),
            };
            let warning = declared(&fault, &call.accept_warnings);
            let (Some(name), Some(user)) = (warning, self.client.user_id()) else {
                return Ok(answer(json!({ "error": fault })));
            };
            tracing::info!(call = call.call, warning = foreign(&name), "a warning that the manifest accepts");
            let warning = json!([{ "user": user, "name": name, "always": false }]);
            match self.client.exchange("model.res.user.warning.create", vec![warning], &json!({})).await {
                Ok(Ok(_)) => {}
                Ok(Err(fault)) => return Ok(answer(json!({ "error": fault }))),
                // The call itself was refused by the warning: nothing was done.
                Err(Trouble::Http(Problem::Lost(problem))) => return Err(Failure::NotSent(problem)),
                Err(trouble) => return trouble_of(trouble),
            }
        }
        Err(Failure::Unusable(format!("{} raises more than {WARNINGS_MAX} warnings", call.call)))
    }
}

impl Transport for TrytonTransport {
    async fn send(&mut self, request: &Value, intent: Intent) -> Result<Answer, Failure> {
        let call: Call =
            serde_json::from_value(request.clone()).map_err(|error| Failure::Unusable(error.to_string()))?;
        let method = call.call.strip_prefix("model.").and_then(|name| name.rsplit('.').next()).unwrap_or_default();
        let reads = READING.contains(&method);
        if method.is_empty() || FORBIDDEN.contains(&method) || (intent == Intent::Read && !reads) {
            return Err(Failure::Unusable(format!("{} is not called here", foreign(&call.call))));
        }
        self.call(call).await
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        if answer.status != 200 {
            return by_status(answer);
        }
        if let Some(error) = answer.body.get("error") {
            return judge_error(error);
        }
        let result = &answer.body["result"];
        // A button that gives an action changed nothing: it wants a person to do something first.
        match result.get("type").and_then(Value::as_str).filter(|kind| kind.starts_with("ir.action")) {
            Some(kind) => {
                let name =
                    ["wiz_name", "name", "id"].into_iter().find_map(|key| result.get(key)?.as_str()).unwrap_or(kind);
                Verdict::ActionRequired(format!("Tryton opens {name} instead"))
            }
            None => Verdict::Success,
        }
    }
}

fn judge_error(error: &Value) -> Verdict {
    let kind = error[0].as_str().unwrap_or_default();
    let text = details(&error[1]);
    match kind {
        "UserError" => Verdict::Refused(text),
        "UserWarning" => Verdict::ActionRequired(text),
        "ConcurrencyException" => Verdict::Conflict(text),
        "LoginException" => Verdict::Auth(text),
        // The server failed; it rolls back, but a part of what it calls may not.
        _ => Verdict::Transient(format!("the server failed: {}", foreign(kind))),
    }
}

/// The texts of an error. The first one of a warning is its name, and of no use to people.
fn details(value: &Value) -> String {
    match value {
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(Value::as_str).filter(|text| !text.is_empty()).collect();
            foreign(&texts.join(" "))
        }
        other => foreign(other.as_str().unwrap_or_default()),
    }
}

/// The name of a warning that the manifest accepts.
fn declared(fault: &Value, accepted: &[String]) -> Option<String> {
    let name = fault[1][0].as_str().filter(|_| fault[0] == "UserWarning")?;
    accepted.iter().any(|prefix| !prefix.is_empty() && name.starts_with(prefix.as_str())).then(|| name.to_owned())
}

fn answer(body: Value) -> Answer {
    Answer { status: 200, headers: Map::new(), body }
}

fn trouble_of(trouble: Trouble) -> Result<Answer, Failure> {
    match trouble {
        Trouble::Http(Problem::NotSent(problem)) => Err(Failure::NotSent(problem)),
        Trouble::Http(Problem::Lost(problem)) => Err(Failure::Lost(problem)),
        Trouble::Http(Problem::Busy { problem, retry_after }) => Err(Failure::Busy { problem, retry_after }),
        Trouble::Unreadable(problem) => Err(Failure::Lost(problem)),
        Trouble::Status(status) => Ok(Answer { status: status.as_u16(), headers: Map::new(), body: Value::Null }),
        Trouble::Ours(Error::ErpBusy { retry_after, .. }) => {
            Err(Failure::Busy { problem: "it asks to be left alone".to_owned(), retry_after })
        }
        Trouble::Ours(error @ Error::ErpUnreachable { .. }) => Err(Failure::NotSent(error.to_string())),
        Trouble::Ours(error) => Err(Failure::Auth(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(body: Value) -> Verdict {
        let body = answer(body);
        match body.body.get("error") {
            Some(error) => judge_error(error),
            None => Verdict::Success,
        }
    }

    #[test]
    fn errors_inside_http_200_are_told_apart() {
        let error = |kind: &str, details: Value| judged(json!({ "error": [kind, details] }));
        assert_eq!(
            error("UserError", json!(["You can not call \"run\"", "", null])),
            Verdict::Refused("You can not call \"run\"".into())
        );
        assert!(matches!(
            error("UserWarning", json!(["no_origin_7", "It has no origin", ""])),
            Verdict::ActionRequired(_)
        ));
        assert!(matches!(error("ConcurrencyException", json!("Records were modified")), Verdict::Conflict(_)));
        assert!(matches!(error("'NoneType' object", json!("Traceback")), Verdict::Transient(_)));
    }

    #[test]
    fn only_declared_warnings_are_accepted() {
        let fault = json!(["UserWarning", ["no_origin_7", "It has no origin", ""]]);
        assert_eq!(declared(&fault, &["no_origin".to_owned()]).as_deref(), Some("no_origin_7"));
        assert_eq!(declared(&fault, &["late".to_owned()]), None);
        assert_eq!(declared(&fault, &[String::new()]), None);
        assert_eq!(declared(&json!(["UserError", ["no_origin"]]), &["no_origin".to_owned()]), None);
    }
}

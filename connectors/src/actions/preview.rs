//! A dry run: the requests of a command as they would be sent, for whoever has to approve them. Nothing is sent.

use model::entity::command;
use serde_json::{Map, Value};

use super::{action::Action, sender::scope};
use crate::plant_file::SystemSection;

/// One request of a dry run.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The step.
    pub step: String,
    /// The request. What only an answer of the system will tell stays as it is written in the manifest. Secrets are no part
    /// of a request: the transport adds them when it sends.
    pub request: Value,
}

/// The requests that a command would send.
///
/// # Errors
/// When its arguments can not be read.
pub fn preview(action: &Action, command: &command::Model, section: &SystemSection) -> Result<Vec<Preview>, String> {
    let scope = scope(command, &section.options, &section.line_by_location)?.with("read", Value::Object(Map::new()));
    let show = |step: &super::Step| Preview { step: step.name.clone(), request: step.request.preview(&scope) };
    Ok(action.steps.iter().map(show).collect())
}

//! A message: who says what about which objects.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use workflow::sync::{Body, Record, Statement};

use super::{material, performance, schedule};
use crate::file::xml::{self, Element, Wrong};

/// What is said with the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// This is how it is.
    Sync,
    /// Do this.
    Process,
    /// Change this.
    Change,
    /// Do not do this.
    Cancel,
    /// The answer to a question.
    Show,
    /// The answer to a request.
    Respond,
}

/// What a message says.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id: the same one is never applied twice. Empty when it has none.
    pub bod_id: String,
    /// Who sent it.
    pub sender: Option<String>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// Whether the sender wants to hear what became of it.
    pub confirm: Confirm,
    /// What is said.
    pub verb: Verb,
    /// Of what: `MaterialLot`, `OperationsSchedule`, …
    pub noun: String,
    /// The records, each with the line where it begins.
    pub records: Vec<(u64, Record)>,
}

/// When a sender wants to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confirm {
    /// Whatever happens.
    Always,
    /// When it could not be read.
    #[default]
    OnError,
    /// Not at all.
    Never,
}

/// What the plant file says of the sender's words.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What the system calls a piece of equipment, to the code of the line.
    pub line_by_location: BTreeMap<String, String>,
}

/// What the records of one message have in common.
pub(super) struct Context<'a> {
    pub(super) bod_id: &'a str,
    pub(super) created: Option<DateTime<Utc>>,
    /// The objects are gone.
    pub(super) deleted: bool,
    pub(super) reading: &'a Reading,
}

impl Context<'_> {
    /// The record of an object. `say` gives what is true of it; an object without an id is no record.
    pub(super) fn record(
        &self,
        model: &str,
        element: &Element,
        say: impl FnOnce(&str) -> Result<Statement, String>,
    ) -> (u64, Record) {
        let id = element.text_of("ID").unwrap_or_default().to_owned();
        let body = match () {
            () if id.is_empty() => Body::Unreadable { problem: format!("line {}: {model} without ID", element.line) },
            () if self.deleted => Body::Deleted,
            () => say(&id).map_or_else(
                |problem| Body::Unreadable { problem: format!("line {}: {problem}", element.line) },
                Body::Says,
            ),
        };
        // Nothing else tells records without an id of one message apart.
        let external_id = if id.is_empty() { format!("{}:{}", self.bod_id, element.line) } else { id };
        (element.line, self.named(model, external_id, body, raw(element)))
    }

    pub(super) fn named(&self, model: &str, external_id: String, body: Body, raw: Value) -> Record {
        Record {
            external_model: model.to_owned(),
            external_id,
            version: Some(self.bod_id.to_owned()).filter(|id| !id.is_empty()),
            source_time: self.created,
            body,
            raw,
        }
    }
}

/// Reads a message.
///
/// # Errors
/// The line and what makes it no message that can be read: not well-formed, a verb or noun that is not understood, actions
/// that contradict each other.
pub fn read(text: &str, reading: &Reading) -> Result<Message, Wrong> {
    let root = xml::parse(text)?;
    let wrong = |element: &Element, problem: &str| Wrong { line: element.line, problem: problem.to_owned() };
    let (verb, noun) = verb(&root.name).ok_or_else(|| {
        let shown: String = root.name.chars().take(60).collect();
        wrong(&root, &format!("<{shown}> is no message that is understood"))
    })?;
    let area = root.child("ApplicationArea").ok_or_else(|| wrong(&root, "there is no ApplicationArea"))?;
    let data = root.child("DataArea").ok_or_else(|| wrong(&root, "there is no DataArea"))?;
    let deleted = verb == Verb::Cancel || is_deleted(data).map_err(|problem| wrong(data, &problem))?;
    let created = area.text_of("CreationDateTime").and_then(|time| time.parse().ok());
    let bod_id = area.text_of("BODID").unwrap_or_default().to_owned();
    let context = Context { bod_id: &bod_id, created, deleted, reading };
    let mut records = Vec::new();
    for object in data.children(noun) {
        match noun {
            "MaterialInformation" => material::information(&context, object, &mut records),
            "MaterialDefinition" => records.push(material::definition(&context, object)),
            "MaterialLot" => material::lot(&context, object, &mut records),
            "MaterialSubLot" => records.push(material::sublot(&context, object, None)),
            "OperationsSchedule" => {
                records.extend(object.children("OperationsRequest").map(|it| schedule::request(&context, it)))
            }
            "OperationsRequest" => records.push(schedule::request(&context, object)),
            "OperationsPerformance" => {
                object.children("OperationsResponse").for_each(|it| performance::response(&context, it, &mut records));
            }
            _ => performance::response(&context, object, &mut records),
        }
    }
    let sender = area.child("Sender");
    Ok(Message {
        sender: sender.and_then(|sender| sender.text_of("LogicalID")).map(str::to_owned),
        confirm: match sender.and_then(|sender| sender.text_of("ConfirmationCode")) {
            Some("Always") => Confirm::Always,
            Some("Never") => Confirm::Never,
            _ => Confirm::OnError,
        },
        created,
        verb,
        noun: noun.to_owned(),
        records,
        bod_id,
    })
}

/// The objects that are understood.
const NOUNS: [&str; 8] = [
    "MaterialInformation",
    "MaterialDefinition",
    "MaterialLot",
    "MaterialSubLot",
    "OperationsSchedule",
    "OperationsRequest",
    "OperationsPerformance",
    "OperationsResponse",
];

/// Verb and noun of the name of a message.
fn verb(name: &str) -> Option<(Verb, &'static str)> {
    let verbs = [
        ("Sync", Verb::Sync),
        ("Process", Verb::Process),
        ("Change", Verb::Change),
        ("Cancel", Verb::Cancel),
        ("Show", Verb::Show),
        ("Respond", Verb::Respond),
    ];
    verbs.into_iter().find_map(|(word, verb)| {
        let rest = name.strip_prefix(word)?;
        NOUNS.into_iter().find(|noun| *noun == rest).map(|noun| (verb, noun))
    })
}

/// Whether the objects are gone. Actions for parts of them are chosen by expressions, which nobody here evaluates: a
/// message that mixes deletion with something else is refused whole.
fn is_deleted(data: &Element) -> Result<bool, String> {
    let verbs = data.children.iter().filter(|child| NOUNS.iter().all(|noun| child.name != *noun));
    let expressions =
        verbs.flat_map(|verb| verb.children("ActionCriteria")).flat_map(|it| it.children("ActionExpression"));
    let mut deleted = None;
    for expression in expressions {
        let code = expression.attribute("actionCode").unwrap_or_default();
        let this = match code {
            "Delete" => true,
            "Add" | "Change" | "Replaced" | "Accepted" | "Modified" => false,
            _ => {
                return Err(format!(
                    "the actionCode {:?} is not understood",
                    code.chars().take(40).collect::<String>()
                ));
            }
        };
        if deleted.is_some_and(|before| before != this) {
            return Err("it mixes Delete with other actions: send a message for each".to_owned());
        }
        deleted = Some(this);
    }
    Ok(deleted.unwrap_or(false))
}

/// An element as JSON, for whoever has to look into a dead letter.
pub(super) fn raw(element: &Element) -> Value {
    let children: Vec<Value> = element.children.iter().map(raw).collect();
    let mut value = json!({ "name": element.name });
    if !element.text.is_empty() {
        value["text"] = Value::from(element.text.as_str());
    }
    if !element.attributes.is_empty() {
        value["attributes"] =
            element.attributes.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    }
    if !children.is_empty() {
        value["children"] = Value::Array(children);
    }
    value
}

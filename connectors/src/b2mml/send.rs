//! Messages out: by HTTP, where an answer says what became of them, or as files.

use std::{path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use model::{Disposition, RequestState, clock::SharedClock};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use tokio::fs;

use super::{
    emit::{self, Envelope},
    manifest::{Sender, Target},
};
use crate::{
    Error,
    actions::{Answer, Failure, Intent, Transport, Verdict, by_status},
    file::xml,
    http::{Client, Problem},
    manifest::Scope,
    plant_file::{SecretSource, SystemSection},
};

/// How long a receiver is left alone that asks for it without saying how long.
const BUSY_PAUSE: Duration = Duration::from_secs(5);

/// What a confirmation says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused: reason code and description.
    Refused(String, String),
    /// It says neither.
    Unclear,
}

/// The way for messages to one system.
pub struct Outgoing {
    way: Way,
}

enum Way {
    Http { client: Client, authorization: Option<Proof> },
    Folder(PathBuf),
}

enum Proof {
    Bearer(SecretSource),
    Basic(String, SecretSource),
}

impl Outgoing {
    /// The way that a manifest names.
    ///
    /// # Errors
    /// [`Error::PlantFile`] when the address is missing, [`Error::Secret`] when a secret is, [`Error::ErpUnreachable`] when
    /// the address is unusable.
    pub fn new(target: &Target, section: &SystemSection) -> Result<Self, Error> {
        let names = Scope::new().with("option", section.options_json());
        let text = |template: &crate::manifest::Template| {
            let text = template.render_text(&names).ok().flatten().filter(|text| !text.is_empty());
            text.ok_or_else(|| {
                section.wrong_option("the address for B2MML is missing", "set the option that the manifest uses")
            })
        };
        let way = match target {
            Target::Folder(folder) => Way::Folder(crate::file::folder_of(&text(folder)?)),
            Target::Http { url, authenticate } => {
                let authorization = match authenticate {
                    None => None,
                    Some(Sender::Bearer(name)) => Some(Proof::Bearer(section.secret(name)?.clone())),
                    Some(Sender::Basic { user, password }) => {
                        Some(Proof::Basic(user.clone(), section.secret(password)?.clone()))
                    }
                };
                Way::Http { client: Client::new(&text(url)?)?, authorization }
            }
        };
        Ok(Self { way })
    }

    /// Sends what an action asks for: `{sync_material_lot: {…}}`, `{process_operations_schedule: {…}}`, or with
    /// `{confirmation: {bod_id: …}}` asks what became of an earlier message. The answer's body is
    /// `{confirmed: true | false | null, code, description}`.
    ///
    /// # Errors
    /// When the request is none of these, or nobody answers.
    pub async fn send(&self, request: &Value, now: DateTime<Utc>) -> Result<Answer, Failure> {
        if let Some(asked) = request.get("confirmation") {
            return self.confirmation(field(asked, "bod_id")?).await;
        }
        let (bod_id, xml) = message(request, now)?;
        match &self.way {
            Way::Folder(folder) => {
                let name =
                    drop_file(folder, &bod_id, &xml).await.map_err(|error| Failure::NotSent(error.to_string()))?;
                Ok(Answer { status: 202, headers: Map::new(), body: json!({ "confirmed": null, "file": name }) })
            }
            Way::Http { client, authorization } => {
                let request =
                    client.request(Method::POST, &[], &[]).header("content-type", "application/xml").body(xml);
                self.answer(client, authorize(request, authorization.as_ref())?).await
            }
        }
    }

    async fn confirmation(&self, bod_id: &str) -> Result<Answer, Failure> {
        let Way::Http { client, authorization } = &self.way else {
            return Err(Failure::Unusable("files are not confirmed".to_owned()));
        };
        let request = client.request(Method::GET, &["confirmations", bod_id], &[]);
        self.answer(client, authorize(request, authorization.as_ref())?).await
    }

    async fn answer(&self, client: &Client, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let answer = client.send(request).await.map_err(|problem| match problem {
            Problem::NotSent(problem) => Failure::NotSent(problem),
            Problem::Lost(problem) => Failure::Lost(problem),
            Problem::Busy { problem, retry_after } => {
                Failure::Busy { problem, retry_after: retry_after.or(Some(BUSY_PAUSE)) }
            }
        })?;
        if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(Failure::Auth(answer.status.to_string()));
        }
        let text = String::from_utf8_lossy(&answer.body);
        let body = match (answer.status.is_success(), outcome(&text)) {
            (true, Outcome::Done) => json!({ "confirmed": true }),
            (true, Outcome::Refused(code, description)) => {
                json!({ "confirmed": false, "code": code, "description": description })
            }
            _ => json!({ "confirmed": null, "text": crate::http::foreign(&text) }),
        };
        Ok(Answer { status: answer.status.as_u16(), headers: Map::new(), body })
    }
}

/// The way of actions to a system that speaks B2MML and nothing else: what it confirms is all that can be read back.
pub struct B2mmlTransport {
    outgoing: Outgoing,
    clock: SharedClock,
}

impl B2mmlTransport {
    /// The way that a manifest names.
    ///
    /// # Errors
    /// As [`Outgoing::new`].
    pub fn new(target: &Target, section: &SystemSection, clock: SharedClock) -> Result<Self, Error> {
        Ok(Self { outgoing: Outgoing::new(target, section)?, clock })
    }
}

impl Transport for B2mmlTransport {
    async fn send(&mut self, request: &Value, _: Intent) -> Result<Answer, Failure> {
        self.outgoing.send(request, self.clock.now()).await
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        confirmed(answer)
    }
}

/// What the answer to a message means: only a confirmation is one.
pub(crate) fn confirmed(answer: &Answer) -> Verdict {
    let text = |name: &str| answer.body.get(name).and_then(Value::as_str).unwrap_or_default();
    match answer.body.get("confirmed") {
        Some(Value::Bool(true)) => Verdict::Success,
        Some(Value::Bool(false)) => Verdict::Refused(format!("{}: {}", text("code"), text("description"))),
        // A file: nobody confirms it.
        Some(_) if answer.status == 202 => Verdict::Success,
        Some(_) if (200..300).contains(&answer.status) => Verdict::Unknown(text("text").to_owned()),
        _ => by_status(answer),
    }
}

/// What a `ConfirmBOD` says. HTTP 200 says nothing.
pub(super) fn outcome(text: &str) -> Outcome {
    let Ok(root) = xml::parse(text) else { return Outcome::Unclear };
    let bods: Vec<_> = root.child("DataArea").into_iter().flat_map(|data| data.children("BOD")).collect();
    let failure = bods.iter().find_map(|bod| bod.child("BODFailureMessage"));
    if let Some(failure) = failure {
        let message = failure.child("ErrorProcessMessage").unwrap_or(failure);
        let text = |name| crate::http::foreign(message.text_of(name).unwrap_or_default());
        return Outcome::Refused(text("ReasonCode"), text("Description"));
    }
    let success = !bods.is_empty() && bods.iter().all(|bod| bod.child("BODSuccessMessage").is_some());
    if root.name == "ConfirmBOD" && success { Outcome::Done } else { Outcome::Unclear }
}

/// The id and the text of the message that a request asks for.
fn message(request: &Value, now: DateTime<Utc>) -> Result<(String, String), Failure> {
    let wrong = |problem: String| Failure::Unusable(problem);
    if let Some(lot) = request.get("sync_material_lot") {
        let bod_id = field(lot, "bod_id")?;
        let disposition: Disposition = field(lot, "disposition")?.parse().map_err(|error| wrong(format!("{error}")))?;
        let (material, status) = (maybe(lot, "material"), maybe(lot, "status"));
        let lot = emit::Lot { number: field(lot, "number")?, material, disposition, status };
        return Ok((bod_id.to_owned(), emit::sync_material_lot(Envelope { bod_id, created: now }, lot)));
    }
    if let Some(order) = request.get("process_operations_schedule") {
        let bod_id = field(order, "bod_id")?;
        let state = maybe(order, "state")
            .map(str::parse::<RequestState>)
            .transpose()
            .map_err(|error| wrong(format!("{error}")))?;
        let order = emit::Order { number: field(order, "number")?, state, line: maybe(order, "line") };
        return Ok((bod_id.to_owned(), emit::process_operations_schedule(Envelope { bod_id, created: now }, order)));
    }
    Err(wrong("a request of B2MML is sync_material_lot, process_operations_schedule or confirmation".to_owned()))
}

fn field<'a>(value: &'a Value, name: &str) -> Result<&'a str, Failure> {
    maybe(value, name).ok_or_else(|| Failure::Unusable(format!("{name} is missing")))
}

fn maybe<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn authorize(request: reqwest::RequestBuilder, proof: Option<&Proof>) -> Result<reqwest::RequestBuilder, Failure> {
    let secret = |source: &SecretSource| source.read().map_err(|error| Failure::Auth(error.to_string()));
    Ok(match proof {
        None => request,
        Some(Proof::Bearer(source)) => request.bearer_auth(secret(source)?.expose()),
        Some(Proof::Basic(user, source)) => request.basic_auth(user, Some(secret(source)?.expose())),
    })
}

/// Puts a message into a folder, so that nobody sees half of it; its name. The same id makes the same file.
///
/// # Errors
/// When the folder can not be written.
pub async fn drop_file(folder: &std::path::Path, bod_id: &str, xml: &str) -> std::io::Result<String> {
    let safe: String =
        bod_id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(120).collect();
    let name = format!("{safe}.xml");
    let temporary = folder.join(format!("{name}.tmp"));
    let mut file = fs::File::create(&temporary).await?;
    tokio::io::AsyncWriteExt::write_all(&mut file, xml.as_bytes()).await?;
    file.sync_all().await?;
    fs::rename(&temporary, folder.join(&name)).await?;
    Ok(name)
}

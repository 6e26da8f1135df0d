//! Tryton's JSON-RPC: one session, renewed when it ends, and errors that hide inside HTTP 200.

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use reqwest::{
    Method, StatusCode,
    header::{AUTHORIZATION, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    Error,
    http::{self, Answer, Problem, foreign},
    plant_file::{SecretSource, SystemSection},
};

/// The first series that answers JSON-RPC under `/{database}/rpc/`.
const SERIES_MAJOR_MIN: u32 = 8;
/// The last element of every parameter list is the context, except for the calls before there is one.
const LOGIN: &str = "common.db.login";

/// A client of one database. It logs in when it has to.
pub struct Client {
    http: http::Client,
    database: String,
    user: String,
    secret: SecretSource,
    session: Option<Session>,
    last_id: u64,
}

/// What a login gives.
#[derive(Clone)]
struct Session {
    authorization: HeaderValue,
    user: i64,
    /// The preferences of the user. Without `company` in it, most calls see or create nothing.
    context: Map<String, Value>,
}

/// What one attempt led to.
enum Outcome {
    Result(Value),
    /// An error of the application, as Tryton writes it: `[kind, details]`.
    Fault(Value),
    SessionEnded,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The transport's.
    Http(Problem),
    /// Of the login, or of what was answered. Whatever was to be called was not.
    Ours(Error),
    /// A status that is no answer of JSON-RPC.
    Status(StatusCode),
    /// The answer is not to the question: nobody knows what was done.
    Unreadable(String),
}

#[derive(Deserialize)]
struct Envelope {
    id: u64,
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

impl Client {
    /// A client for the ERP of a plant file. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::ErpUnreachable`] when the URL can not be one of an ERP.
    pub fn new(section: &SystemSection) -> Result<Self, Error> {
        Ok(Self {
            http: http::Client::new(&section.url)?,
            database: section.option("database").unwrap_or_default().to_owned(),
            user: section.option("user").unwrap_or_default().to_owned(),
            secret: section.secret("password")?.clone(),
            session: None,
            last_id: 0,
        })
    }

    /// Calls a method such as `model.production.search_read`. `context` is laid over that of the user.
    ///
    /// # Errors
    /// [`Error::ErpUnreachable`], [`Error::ErpBusy`], [`Error::ErpRefused`], [`Error::ErpAnswer`], [`Error::Secret`].
    pub async fn call(&mut self, method: &str, params: Vec<Value>, context: Value) -> Result<Value, Error> {
        match self.exchange(method, params, &context).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(fault)) => Err(self.fault(method, &fault)),
            Err(trouble) => Err(self.error(method, trouble)),
        }
    }

    /// Calls a method and gives its result, or the error that Tryton answers.
    pub(super) async fn exchange(
        &mut self,
        method: &str,
        params: Vec<Value>,
        context: &Value,
    ) -> Result<Result<Value, Value>, Trouble> {
        for _ in 0..2 {
            let session = match &self.session {
                Some(session) => session.clone(),
                None => self.login().await.map_err(Trouble::Ours)?,
            };
            let mut params = params.clone();
            params.push(overlaid(&session.context, context));
            match self.post(method, params, Some(&session.authorization)).await? {
                Outcome::Result(value) => return Ok(Ok(value)),
                Outcome::Fault(fault) => return Ok(Err(fault)),
                // Sessions end after some minutes of silence, and when Tryton restarts: once is normal, twice is not.
                Outcome::SessionEnded => self.session = None,
            }
        }
        Err(Trouble::Ours(self.http.refused(method, "the session ended right after the login")))
    }

    /// The id of the user that is logged in.
    pub(super) fn user_id(&self) -> Option<i64> {
        self.session.as_ref().map(|session| session.user)
    }

    /// Reads rows: the answer of `search_read`, which must be a list.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn search_read(&mut self, model: &str, query: Query<'_>) -> Result<Vec<Value>, Error> {
        let method = format!("model.{model}.search_read");
        let params =
            vec![query.domain, json!(0), json!(query.limit), json!([[query.order, "ASC"]]), json!(query.fields)];
        match self.call(&method, params, query.context).await? {
            Value::Array(rows) => Ok(rows),
            other => Err(self.unreadable(&method, format!("{} instead of rows", foreign(&other.to_string())))),
        }
    }

    /// The clock of the server, to the second. It needs no session.
    ///
    /// # Errors
    /// As [`Client::call`]; also [`Error::ErpRefused`] when the server is too old.
    pub async fn server_time(&mut self) -> Result<DateTime<Utc>, Error> {
        const METHOD: &str = "common.server.version";
        let (id, body) = self.envelope(METHOD, json!([]));
        let request = self.http.request(Method::POST, &["rpc", ""], &[]).json(&body);
        let answer = self.http.send(request).await.map_err(|problem| self.http.error(problem))?;
        let outcome = outcome(id, &answer).map_err(|trouble| self.error(METHOD, trouble))?;
        let Outcome::Result(series) = outcome else {
            return Err(self.http.failed(METHOD, answer.status, ""));
        };
        let series = series.as_str().unwrap_or_default();
        let major = series.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_none_or(|major| major < SERIES_MAJOR_MIN) {
            let problem = format!("it is of series {:?}, and {SERIES_MAJOR_MIN}.0 or later is needed", foreign(series));
            return Err(self.http.refused(METHOD, problem));
        }
        answer.server_time().ok_or_else(|| self.unreadable(METHOD, "the answer has no header Date"))
    }

    /// The error of an answer that is not what was asked for.
    pub(super) fn unreadable(&self, operation: &str, problem: impl Into<String>) -> Error {
        self.http.unreadable(operation, problem)
    }

    /// The error of something that the ERP does not have.
    pub(super) fn refused(&self, operation: &str, problem: impl Into<String>) -> Error {
        self.http.refused(operation, problem)
    }

    async fn login(&mut self) -> Result<Session, Error> {
        let secret = self.secret.read()?;
        let params = vec![json!(self.user), json!({ "password": secret.expose() })];
        let login = match self.post(LOGIN, params, None).await.map_err(|trouble| self.error(LOGIN, trouble))? {
            Outcome::Result(login) => login,
            Outcome::Fault(fault) => return Err(self.fault(LOGIN, &fault)),
            Outcome::SessionEnded => return Err(self.http.refused(LOGIN, "the user or the password is wrong")),
        };
        let (Some(uid), Some(token)) = (login[0].as_i64(), login[1].as_str()) else {
            return Err(self.unreadable(LOGIN, "it gave no session"));
        };
        let credentials = BASE64_STANDARD.encode(format!("{}:{uid}:{token}", self.user));
        let mut authorization = HeaderValue::try_from(format!("Session {credentials}")).expect("base64 is ASCII");
        authorization.set_sensitive(true);
        const PREFERENCES: &str = "model.res.user.get_preferences";
        let preferences = self.post(PREFERENCES, vec![json!(true), json!({})], Some(&authorization)).await;
        let context = match preferences.map_err(|trouble| self.error(PREFERENCES, trouble))? {
            Outcome::Result(Value::Object(context)) => context,
            _ => return Err(self.unreadable(PREFERENCES, "it gave no preferences")),
        };
        tracing::info!(url = self.http.url(), database = self.database, user = self.user, "logged in");
        Ok(self.session.insert(Session { authorization, user: uid, context }).clone())
    }

    async fn post(
        &mut self,
        method: &str,
        params: Vec<Value>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Outcome, Trouble> {
        let (id, body) = self.envelope(method, Value::Array(params));
        let mut request = self.http.request(Method::POST, &[&self.database, "rpc", ""], &[]).json(&body);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = self.http.send(request).await.map_err(Trouble::Http)?;
        outcome(id, &answer)
    }

    fn envelope(&mut self, method: &str, params: Value) -> (u64, Value) {
        self.last_id += 1;
        (self.last_id, json!({ "id": self.last_id, "method": method, "params": params }))
    }

    /// A trouble as the error of a read.
    fn error(&self, method: &str, trouble: Trouble) -> Error {
        match trouble {
            Trouble::Http(problem) => self.http.error(problem),
            Trouble::Ours(error) => error,
            Trouble::Status(status) => self.http.failed(method, status, ""),
            Trouble::Unreadable(problem) => self.http.unreadable(method, problem),
        }
    }

    /// An error inside HTTP 200: `[kind, details]` from the application, `[message, traceback]` from a failing server.
    fn fault(&self, method: &str, error: &Value) -> Error {
        let kind = error[0].as_str().unwrap_or_default();
        match kind {
            "UserError" | "UserWarning" | "LoginException" | "ConcurrencyException" => {
                let details = match &error[1] {
                    Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
                    other => other.as_str().unwrap_or_default().to_owned(),
                };
                self.http.refused(method, format!("{kind}: {}", foreign(&details)))
            }
            _ => self.unreadable(method, format!("the server failed: {}", foreign(kind))),
        }
    }
}

fn outcome(id: u64, answer: &Answer) -> Result<Outcome, Trouble> {
    match answer.status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Ok(Outcome::SessionEnded),
        status => return Err(Trouble::Status(status)),
    }
    let envelope: Envelope =
        serde_json::from_slice(&answer.body).map_err(|error| Trouble::Unreadable(error.to_string()))?;
    if let Some(error) = envelope.error {
        return Ok(Outcome::Fault(error));
    }
    if envelope.id != id {
        return Err(Trouble::Unreadable("the answer is to another request".to_owned()));
    }
    // A method without a result answers null, which is a result too.
    Ok(Outcome::Result(envelope.result.unwrap_or(Value::Null)))
}

/// What [`Client::search_read`] asks for.
pub struct Query<'a> {
    /// Tryton's domain: which rows.
    pub domain: Value,
    /// Most rows.
    pub limit: usize,
    /// The field that orders them, ascending.
    pub order: &'a str,
    /// The fields, dotted to go through a reference.
    pub fields: &'a [&'a str],
    /// Laid over the context of the user.
    pub context: Value,
}

fn overlaid(base: &Map<String, Value>, over: &Value) -> Value {
    let mut context = base.clone();
    for (key, value) in over.as_object().into_iter().flatten() {
        context.insert(key.clone(), value.clone());
    }
    Value::Object(context)
}

#[cfg(test)]
mod tests;

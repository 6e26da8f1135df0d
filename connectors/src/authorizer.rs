//! How we show a system who we are, as its manifest says. Secrets are read when they are needed, sent, and never kept in a
//! text that could be logged.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use reqwest::{
    Method, RequestBuilder, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::{Map, Value, json};

use crate::{
    Error,
    http::{self, foreign},
    http_json::manifest::{ApiKey, Auth, Basic, Oauth2, Session},
    manifest::{Scope, Template},
    plant_file::{SecretSource, SystemSection},
};

/// A token is renewed so long before it ends: the longest answer that we wait for, and as much again.
const RENEW_BEFORE: Duration = Duration::from_secs(60);
/// What a token without an end is taken to last.
const TOKEN_LASTS: Duration = Duration::from_secs(600);

/// What authorises the requests to one system.
pub(crate) struct Authorizer {
    auth: Auth,
    names: Scope,
    secrets: BTreeMap<String, SecretSource>,
    held: Option<Held>,
}

/// What a login or a token endpoint gave.
#[derive(Clone)]
struct Held {
    header: HeaderName,
    value: HeaderValue,
    until: Option<Instant>,
}

impl Authorizer {
    /// What the manifest says, with the secrets of the plant file. Nothing is sent yet.
    pub(crate) fn new(auth: &Auth, section: &SystemSection) -> Self {
        let names = Scope::new().with("option", section.options_json());
        Self { auth: auth.clone(), names, secrets: section.secrets.clone(), held: None }
    }

    /// Authorises a request. It logs in, or asks for a token, when it has to.
    ///
    /// # Errors
    /// [`Error::Secret`]; what the login does: [`Error::ErpUnreachable`], [`Error::ErpRefused`], [`Error::ErpAnswer`].
    pub(crate) async fn apply(
        &mut self,
        http: &http::Client,
        request: RequestBuilder,
    ) -> Result<RequestBuilder, Error> {
        let Held { header, value, .. } = match self.auth.clone() {
            Auth::None => return Ok(request),
            Auth::Basic(Basic { user, password }) => {
                let scope = self.scope()?;
                let (user, password) = (text(http, &scope, &user)?, text(http, &scope, &password)?);
                return Ok(request.basic_auth(user, Some(password)));
            }
            Auth::Bearer(token) => self.plain(http, AUTHORIZATION, &token, "Bearer ")?,
            Auth::ApiKey(ApiKey { header, value }) => {
                let header =
                    HeaderName::try_from(header).map_err(|_| http.refused("auth", "it is no name of a header"))?;
                self.plain(http, header, &value, "")?
            }
            Auth::Session(session) => match self.valid() {
                Some(held) => held,
                None => self.log_in(http, &session).await?,
            },
            Auth::Oauth2(oauth) => match self.valid() {
                Some(held) => held,
                None => self.token(http, &oauth).await?,
            },
        };
        Ok(request.header(header, value))
    }

    /// What was given is not accepted any more: the next request logs in again.
    pub(crate) fn forget(&mut self) {
        self.held = None;
    }

    fn valid(&self) -> Option<Held> {
        self.held.clone().filter(|held| held.until.is_none_or(|until| Instant::now() < until))
    }

    fn scope(&self) -> Result<Scope, Error> {
        let mut secrets = Map::new();
        for (name, secret) in &self.secrets {
            secrets.insert(name.clone(), Value::from(secret.read()?.expose()));
        }
        Ok(self.names.clone().with("secret", Value::Object(secrets)))
    }

    fn plain(&self, http: &http::Client, header: HeaderName, value: &Template, before: &str) -> Result<Held, Error> {
        let value = format!("{before}{}", text(http, &self.scope()?, value)?);
        Ok(Held { header, value: sensitive(http, value)?, until: None })
    }

    async fn log_in(&mut self, http: &http::Client, session: &Session) -> Result<Held, Error> {
        const LOGIN: &str = "the login";
        let scope = self.scope()?;
        let body = session.body.render(&scope).map_err(|_| http.refused(LOGIN, "its body can not be filled in"))?;
        let request = http
            .request_to(Method::POST, session.post.trim_start_matches('/'))
            .map_err(|problem| http.refused(LOGIN, problem))?;
        let answer = http.send(request.json(&body)).await.map_err(|problem| http.error(problem))?;
        if !answer.status.is_success() {
            return Err(http.failed(LOGIN, answer.status, ""));
        }
        let body = serde_json::from_slice(&answer.body).map_err(|error| http.unreadable(LOGIN, error.to_string()))?;
        let answered = self.names.clone().with("body", body).with("http", json!({ "status": answer.status.as_u16() }));
        // The answer may hold the token: the text of an error would show it.
        let token = session.token.value(&answered).map_err(|_| http.refused(LOGIN, "it gave no token"))?;
        let value = text(http, &scope.with("token", token), &session.value)?;
        let header = HeaderName::try_from(session.header.as_str())
            .map_err(|_| http.refused(LOGIN, format!("{:?} is no name of a header", foreign(&session.header))))?;
        tracing::info!(url = http.url(), "logged in");
        Ok(self.held.insert(Held { header, value: sensitive(http, value)?, until: None }).clone())
    }

    async fn token(&mut self, http: &http::Client, oauth: &Oauth2) -> Result<Held, Error> {
        const TOKEN: &str = "the token endpoint";
        let scope = self.scope()?;
        let url = text(http, &scope, &oauth.token_url)?;
        let endpoint = http::Client::new(&url)?;
        let mut form = Url::parse("form:").expect("it is a URL");
        form.query_pairs_mut()
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &text(http, &scope, &oauth.client_id)?)
            .append_pair("client_secret", &text(http, &scope, &oauth.client_secret)?);
        if let Some(wanted) = &oauth.scope {
            form.query_pairs_mut().append_pair("scope", &text(http, &scope, wanted)?);
        }
        let request = endpoint.request_to(Method::POST, &url).map_err(|problem| http.refused(TOKEN, problem))?;
        let request = request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("Accept", "application/json")
            .body(form.query().unwrap_or_default().to_owned());
        let answer = endpoint.send(request).await.map_err(|problem| endpoint.error(problem))?;
        if !answer.status.is_success() {
            return Err(endpoint.failed(TOKEN, answer.status, ""));
        }
        let body: Value =
            serde_json::from_slice(&answer.body).map_err(|error| endpoint.unreadable(TOKEN, error.to_string()))?;
        let token =
            body["access_token"].as_str().ok_or_else(|| endpoint.unreadable(TOKEN, "it gave no access_token"))?;
        let lasts = body["expires_in"].as_u64().map_or(TOKEN_LASTS, Duration::from_secs);
        let until = Instant::now() + lasts.saturating_sub(RENEW_BEFORE);
        let value = sensitive(http, format!("Bearer {token}"))?;
        Ok(self.held.insert(Held { header: AUTHORIZATION, value, until: Some(until) }).clone())
    }
}

/// The value of a template. What is wrong with it is not told: it may contain a secret.
fn text(http: &http::Client, scope: &Scope, template: &Template) -> Result<String, Error> {
    match template.render(scope) {
        Ok(Value::String(text)) => Ok(text),
        Ok(Value::Number(number)) => Ok(number.to_string()),
        _ => Err(http.refused("auth", "what authorises can not be filled in: check the options and secrets")),
    }
}

fn sensitive(http: &http::Client, text: String) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| http.refused("auth", "the secret has characters that no header may have"))?;
    value.set_sensitive(true);
    Ok(value)
}

//! What a manifest says of a system that speaks JSON over HTTP.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    actions::{Limit, Rule, rules},
    manifest::{Checked, Expression, Problem, Template, names},
};

/// Rows that one request asks for, unless the stream says otherwise: a page is one transaction here.
pub(super) const LIMIT: usize = 500;
/// The most.
const LIMIT_MAX: usize = 10_000;
/// The next page is in the header `Link`.
pub(super) const HEADER: &str = "header";
/// Names that what authorises may use.
const SECRET_NAMES: &[&str] = &["secret", "option"];
/// Names that a request for a page may use.
const PAGE_NAMES: &[&str] = &["option", "since", "now", "after", "offset", "page", "cursor", "limit"];
/// Names that a request for one record may use.
const ONE_NAMES: &[&str] = &["option", "key"];
/// Names of expressions on an answer.
const ANSWER_NAMES: &[&str] = &["http", "body", "option"];

/// The section `system:`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct System {
    /// `http-json`
    #[serde(rename = "kind")]
    _kind: String,
    /// How we show who we are.
    #[serde(default)]
    pub auth: Auth,
    /// Headers of every request. They may use secrets.
    #[serde(default)]
    pub headers: IndexMap<String, Template>,
    /// What has to hold of every answer, over `http.status` and `body`. Otherwise the status has to be 200 to 299.
    #[serde(default)]
    pub success: Vec<Expression>,
    /// What the system says when it refuses, over `body`.
    #[serde(default)]
    pub refusal: Option<Expression>,
    /// The clock of the system in an answer, over `body`. Otherwise the header `Date`.
    #[serde(default)]
    pub clock: Option<Expression>,
    /// What an answer to an action means: the first rule that holds, after those of the action.
    #[serde(default)]
    pub classify: Vec<Rule>,
    /// How often actions may ask the system.
    #[serde(default)]
    pub limit: Limit,
}

/// How we show who we are.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// User and password with every request.
    Basic(Basic),
    /// A token with every request.
    Bearer(Template),
    /// A key in a header of every request.
    ApiKey(ApiKey),
    /// A login first, then what it gave; once more after a 401.
    Session(Session),
    /// A token from the token endpoint, for a client and its secret (RFC 6749, 4.4).
    Oauth2(Oauth2),
}

/// User and password.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The user.
    pub user: Template,
    /// The password.
    pub password: Template,
}

/// A key in a header.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The name of the header.
    pub header: String,
    /// Its value.
    pub value: Template,
}

/// A login.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The path that is posted to.
    pub post: String,
    /// The body. It is never logged.
    pub body: Template,
    /// The token in the answer, over `body`.
    pub token: Expression,
    /// The header of every request after that.
    #[serde(default = "authorization")]
    pub header: String,
    /// Its value, with the `token`.
    pub value: Template,
}

fn authorization() -> String {
    "Authorization".to_owned()
}

/// A client and its secret.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Oauth2 {
    /// The token endpoint, a whole URL: it may be of another origin than the system.
    pub token_url: Template,
    /// The client.
    pub client_id: Template,
    /// Its secret.
    pub client_secret: Template,
    /// The scopes, with blanks between them.
    #[serde(default)]
    pub scope: Option<Template>,
}

/// The key `read:` of a stream.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The path of a GET, below the URL of the plant file.
    #[serde(default)]
    pub get: Option<Template>,
    /// The path of a POST.
    #[serde(default)]
    pub post: Option<Template>,
    /// The query. A parameter that is null is left out: `since` is null in the very first pass.
    #[serde(default)]
    pub query: IndexMap<String, Template>,
    /// The body of a POST.
    #[serde(default)]
    pub body: Option<Template>,
    /// Where the rows are in the answer: `body`, or a way through it such as `body.data.items`.
    pub rows: Expression,
    /// How the pages follow each other. Without it one answer has all rows.
    #[serde(default)]
    pub page: Option<Paging>,
    /// Rows of a page, `limit` in the request.
    #[serde(default = "limit")]
    pub limit: usize,
    /// Whether there is another page, over `body`. Otherwise a full page has a next one.
    #[serde(default)]
    pub more: Option<Expression>,
    /// How one record is read, by `key`, for streams that touch this one.
    #[serde(default)]
    pub one: Option<One>,
    /// Another request for the sweep of keys, when there is a cheaper one. Otherwise the stream's own, without `since`.
    #[serde(default)]
    pub keys: Option<Box<Keys>>,
}

fn limit() -> usize {
    LIMIT
}

/// How pages follow each other.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// Rows come ordered by key, and those with a greater key than `after` are asked for. The only way that loses no row
    /// when others come and go in between.
    IdKeyset(IdKeyset),
    /// The `offset` of the first row.
    Offset(Empty),
    /// The number of the `page`.
    Page(FirstPage),
    /// A token in the answer, `cursor` in the next request; null or empty: the end.
    Cursor(Expression),
    /// The whole next request, as a URL in the answer, or `header` for the header `Link`. It has to be of the same origin.
    Link(String),
}

/// Nothing more to say.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// Pages by key.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IdKeyset {
    /// `after` in the first request. Numbers are compared as numbers; the order of texts is the system's.
    #[serde(default = "zero")]
    pub first: Value,
    /// What the rows are ordered by, over the row `r`, when it is not the key of the record.
    #[serde(default)]
    pub by: Option<Expression>,
}

fn zero() -> Value {
    Value::from(0)
}

/// Pages by number.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FirstPage {
    /// Number of the first page.
    #[serde(default = "one")]
    pub first: u64,
}

fn one() -> u64 {
    1
}

/// A request for one record.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct One {
    /// The path of a GET.
    #[serde(default)]
    pub get: Option<Template>,
    /// The path of a POST.
    #[serde(default)]
    pub post: Option<Template>,
    /// The query.
    #[serde(default)]
    pub query: IndexMap<String, Template>,
    /// The body of a POST.
    #[serde(default)]
    pub body: Option<Template>,
    /// Where the row is in the answer: `body`, or a way through it; a list counts as its first element.
    pub row: Expression,
}

/// A request for keys.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The path of a GET.
    #[serde(default)]
    pub get: Option<Template>,
    /// The path of a POST.
    #[serde(default)]
    pub post: Option<Template>,
    /// The query.
    #[serde(default)]
    pub query: IndexMap<String, Template>,
    /// The body of a POST.
    #[serde(default)]
    pub body: Option<Template>,
    /// Where the rows are in the answer.
    pub rows: Expression,
    /// How the pages follow each other.
    #[serde(default)]
    pub page: Option<Paging>,
    /// Rows of a page.
    #[serde(default = "limit")]
    pub limit: usize,
    /// Whether there is another page.
    #[serde(default)]
    pub more: Option<Expression>,
}

impl Checked for System {
    fn check(&self) -> Result<(), Problem> {
        self.auth.check().map_err(|problem| problem.below("auth"))?;
        for (header, value) in &self.headers {
            names(&format!("headers.{header}"), &value.roots(), SECRET_NAMES)?;
        }
        for (index, rule) in self.success.iter().enumerate() {
            names(&format!("success[{index}]"), &rule.roots(), ANSWER_NAMES)?;
        }
        rules("classify", &self.classify)?;
        if !self.limit.is_usable() {
            return Err(Problem::new("limit", "it lets nothing through", "write numbers above 0, burst at least 1"));
        }
        for (key, expression) in [("refusal", &self.refusal), ("clock", &self.clock)] {
            names(key, &expression.as_ref().map(Expression::roots).unwrap_or_default(), ANSWER_NAMES)?;
        }
        Ok(())
    }
}

impl Checked for Auth {
    fn check(&self) -> Result<(), Problem> {
        let secret = |key: &str, template: &Template| names(key, &template.roots(), SECRET_NAMES);
        match self {
            Self::None => Ok(()),
            Self::Basic(basic) => {
                secret("basic.user", &basic.user)?;
                secret("basic.password", &basic.password)
            }
            Self::Bearer(token) => secret("bearer", token),
            Self::ApiKey(key) => secret("api_key.value", &key.value),
            Self::Session(session) => {
                secret("session.body", &session.body)?;
                names("session.token", &session.token.roots(), ANSWER_NAMES)?;
                names("session.value", &session.value.roots(), &["token", "secret", "option"])
            }
            Self::Oauth2(oauth) => {
                secret("oauth2.token_url", &oauth.token_url)?;
                secret("oauth2.client_id", &oauth.client_id)?;
                secret("oauth2.client_secret", &oauth.client_secret)?;
                oauth.scope.iter().try_for_each(|scope| secret("oauth2.scope", scope))
            }
        }
    }
}

impl Checked for Read {
    fn check(&self) -> Result<(), Problem> {
        request(&self.get, &self.post, &self.query, &self.body, PAGE_NAMES)?;
        pages(&self.rows, &self.page, self.limit, &self.more)?;
        if let Some(one) = &self.one {
            request(&one.get, &one.post, &one.query, &one.body, ONE_NAMES).map_err(|problem| problem.below("one"))?;
            way("one.row", &one.row)?;
        }
        let Some(keys) = &self.keys else { return Ok(()) };
        request(&keys.get, &keys.post, &keys.query, &keys.body, PAGE_NAMES)
            .and_then(|()| pages(&keys.rows, &keys.page, keys.limit, &keys.more))
            .map_err(|problem| problem.below("keys"))
    }
}

fn request(
    get: &Option<Template>,
    post: &Option<Template>,
    query: &IndexMap<String, Template>,
    body: &Option<Template>,
    known: &[&str],
) -> Result<(), Problem> {
    if get.is_some() == post.is_some() {
        return Err(Problem::new("", "what is asked for is not clear", "write either get: or post: with a path"));
    }
    if get.is_some() && body.is_some() {
        return Err(Problem::new("body", "a GET has no body", "use query: instead, or post:"));
    }
    let paths = [("get", get), ("post", post), ("body", body)];
    for (key, template) in paths {
        names(key, &template.as_ref().map(Template::roots).unwrap_or_default(), known)?;
    }
    for (key, template) in query {
        names(&format!("query.{key}"), &template.roots(), known)?;
    }
    Ok(())
}

fn pages(rows: &Expression, page: &Option<Paging>, limit: usize, more: &Option<Expression>) -> Result<(), Problem> {
    way("rows", rows)?;
    if limit == 0 || limit > LIMIT_MAX {
        let remedy = format!("write a number from 1 to {LIMIT_MAX}");
        return Err(Problem::new("limit", format!("{limit} rows are no page"), remedy));
    }
    match page {
        Some(Paging::Cursor(token)) => names("page.cursor", &token.roots(), ANSWER_NAMES)?,
        Some(Paging::Link(link)) if link != HEADER => {
            let remedy = "write header, or a way through the answer such as body.next";
            let link = Expression::parse(link).map_err(|problem| Problem::new("page.link", problem, remedy))?;
            names("page.link", &link.roots(), ANSWER_NAMES)?;
        }
        Some(Paging::IdKeyset(IdKeyset { by: Some(by), .. })) => names("page.id_keyset.by", &by.roots(), &["r"])?,
        _ => {}
    }
    names("more", &more.as_ref().map(Expression::roots).unwrap_or_default(), ANSWER_NAMES)
}

/// Rows are found without the interpreter, so that one bad row does not take the others with it.
fn way(key: &str, expression: &Expression) -> Result<(), Problem> {
    match expression.path() {
        Some([root, ..]) if root == "body" => Ok(()),
        _ => {
            let remedy = "write body, or a way through it such as body.data.items";
            Err(Problem::new(key, format!("{:?} is no way through the answer", expression.source()), remedy))
        }
    }
}

//! What a manifest says of a system that speaks OData.

use indexmap::IndexMap;
use serde::Deserialize;

use super::literal::{Protocol, is_name};
use crate::{
    actions::{Limit, Rule, rules},
    http_json::manifest::Auth,
    manifest::{Checked, Problem, Template, names},
};

/// Rows that one request asks for unless the stream says otherwise: a page is one transaction here.
const PAGE: usize = 500;
/// The most: what Dynamics gives at once.
const PAGE_MAX: usize = 10_000;
/// Fields of a key. The longest that we know of has eleven.
const KEYS_MAX: usize = 16;
/// Names that what authorises may use.
const SECRET_NAMES: &[&str] = &["secret", "option"];
/// Names that a request may use.
const READ_NAMES: &[&str] = &["option"];

/// The section `system:`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct System {
    /// `odata`
    #[serde(rename = "kind")]
    _kind: String,
    /// `v2` or `v4`.
    pub protocol: Protocol,
    /// How we show who we are.
    #[serde(default)]
    pub auth: Auth,
    /// Headers of every request, such as `sap-client`. They may use secrets.
    #[serde(default)]
    pub headers: IndexMap<String, Template>,
    /// Parameters of the query of every request, such as `cross-company`.
    #[serde(default)]
    pub query: IndexMap<String, Template>,
    /// Whether requests that act need a token against cross-site request forgery, as those of SAP do.
    #[serde(default)]
    pub csrf: bool,
    /// What an answer to an action means: the first rule that holds, after those of the action.
    #[serde(default)]
    pub classify: Vec<Rule>,
    /// How often actions may ask the system.
    #[serde(default)]
    pub limit: Limit,
}

/// The key `read:` of a stream.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The path of the service.
    pub service: Template,
    /// The entity set.
    pub entity: String,
    /// The fields of the key. Rows come in their order, and the next page begins after the last key: a record that comes or
    /// goes meanwhile makes no page skip another.
    #[serde(default)]
    pub keys: Vec<KeyField>,
    /// Fields; left out: all of them.
    #[serde(default)]
    pub select: Vec<String>,
    /// What to expand.
    #[serde(default)]
    pub expand: Vec<String>,
    /// Conditions: `[Field, eq, value]`, a list of them, `{or: […]}`, `{not: …}`.
    #[serde(default)]
    pub filter: Option<Template>,
    /// Fields that tell when a record changed; of several, a later one counts where those before it are null. Left out:
    /// everything is read in every pass.
    #[serde(default)]
    pub changed: Vec<ChangedField>,
    /// How the next page is found.
    #[serde(default)]
    pub paging: Paging,
    /// Whether the server offers to tell what changed since the last pass, by a link (V4).
    #[serde(default)]
    pub delta: bool,
    /// Rows of a page.
    #[serde(default = "page")]
    pub page: usize,
}

/// A field of a key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum KeyField {
    /// A text or a number.
    Plain(String),
    /// Of another type.
    Typed(TypedField),
}

/// A field and the type of its values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TypedField {
    /// Its name.
    pub field: String,
    /// `guid`, `int64`, `decimal`, …
    #[serde(rename = "type")]
    pub kind: String,
}

/// A field that tells when a record changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangedField {
    /// Its name.
    pub field: String,
    /// How its values are written.
    #[serde(rename = "type")]
    pub form: ChangedForm,
}

/// How a time of change is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ChangedForm {
    /// A point in time.
    DateTimeOffset,
    /// A time without a zone, which is that of the server's clock in UTC.
    DateTime,
    /// A day: rows of the whole day are read again.
    Date,
    /// A text of fourteen digits, in UTC.
    Stamp,
}

/// How the next page is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// The rows after the last key. It needs a server that orders and compares by its keys.
    #[default]
    Keyset,
    /// The link that the server gives. After a break the pass begins again, because such links do not last.
    Next,
}

impl KeyField {
    /// The name of the field.
    pub fn field(&self) -> &str {
        match self {
            Self::Plain(field) => field,
            Self::Typed(typed) => &typed.field,
        }
    }
}

impl Checked for System {
    fn check(&self) -> Result<(), Problem> {
        self.auth.check().map_err(|problem| problem.below("auth"))?;
        for (header, value) in &self.headers {
            names(&format!("headers.{header}"), &value.roots(), SECRET_NAMES)?;
        }
        for (key, value) in &self.query {
            names(&format!("query.{key}"), &value.roots(), READ_NAMES)?;
        }
        if !self.limit.is_usable() {
            return Err(Problem::new("limit", "it lets nothing through", "write per_second above 0 and burst from 1"));
        }
        rules("classify", &self.classify)
    }
}

impl Checked for Read {
    fn check(&self) -> Result<(), Problem> {
        names("service", &self.service.roots(), READ_NAMES)?;
        names("filter", &self.filter.as_ref().map(Template::roots).unwrap_or_default(), READ_NAMES)?;
        let fields = self.keys.iter().map(KeyField::field).chain(self.changed.iter().map(|changed| &*changed.field));
        if let Some(wrong) = fields.chain([self.entity.as_str()]).find(|name| !is_name(name)) {
            return Err(Problem::new("", format!("{wrong:?} is no name"), "write it as $metadata of the service does"));
        }
        if self.keys.len() > KEYS_MAX {
            return Err(Problem::new("keys", "there are too many", format!("write at most {KEYS_MAX}")));
        }
        let needs_keys = self.paging == Paging::Keyset && !self.delta;
        if needs_keys && self.keys.is_empty() {
            let remedy = "name the fields of the key, or write paging: next";
            return Err(Problem::new("keys", "without them no page has a next one", remedy));
        }
        if self.delta && !self.changed.is_empty() {
            return Err(Problem::new("delta", "with it nobody asks for times", "remove `changed` or `delta`"));
        }
        if self.page == 0 || self.page > PAGE_MAX {
            let remedy = format!("write a number from 1 to {PAGE_MAX}");
            return Err(Problem::new("page", format!("{} rows are no page", self.page), remedy));
        }
        Ok(())
    }
}

fn page() -> usize {
    PAGE
}

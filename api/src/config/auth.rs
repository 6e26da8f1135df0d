//! `[auth]`: who issues tokens.

use std::path::PathBuf;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::{HumanDuration, error::Findings};

/// Clocks of servers agree within this; more would only lengthen the life of stolen tokens.
const LEEWAY_MAX: HumanDuration = HumanDuration::from_secs(30);

/// Each issuer keeps keys in memory and a task that refreshes them.
const ISSUERS_MAX: usize = 32;

/// Who issues tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The issuers whose tokens are accepted.
    pub issuers: Vec<Issuer>,
    /// Tokens signed on this machine.
    pub development: Development,
}

/// Tokens signed on this machine, for trying things out.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Development {
    /// Whether such tokens are accepted.
    pub enabled: bool,
    /// File with the signing key; created on first use.
    pub key_file: PathBuf,
}

/// One issuer of tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Equals the claim `iss`.
    pub issuer: String,
    /// Must be in the claim `aud`.
    pub audience: String,
    /// Where the issuer publishes its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// The same document in a file, instead of the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
    /// Signature algorithms that are accepted.
    pub algorithms: Vec<Algorithm>,
    /// What the header `typ` must say.
    #[serde(default)]
    pub token_type: TokenType,
    /// Stands before the claim `sub` in the name of the account: two issuers may both know an "alice".
    #[serde(default)]
    pub account_prefix: String,
    /// Allowed difference between the clocks.
    #[serde(default = "leeway_default")]
    pub leeway: HumanDuration,
}

fn leeway_default() -> HumanDuration {
    LEEWAY_MAX
}

/// A signature algorithm. Shared secrets (`HS*`) and `none` do not exist here: everybody who can check such a token can
/// also forge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[expect(missing_docs, reason = "the names of RFC 7518 and RFC 8037 say it all")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

/// What the header `typ` must say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum TokenType {
    /// RFC 9068: the issuer says that this is an access token, not some other one that it also signs.
    #[default]
    #[serde(rename = "at+jwt")]
    AccessToken,
    /// For issuers that predate RFC 9068.
    #[serde(rename = "JWT")]
    Jwt,
}

impl Auth {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        findings.range("auth.issuers", self.issuers.len(), 0..=ISSUERS_MAX);
        for (index, issuer) in self.issuers.iter().enumerate() {
            let key = format!("auth.issuers.{index}");
            issuer.validate(&key, findings);
            if self.issuers[..index].iter().any(|other| other.issuer == issuer.issuer) {
                findings.add(&format!("{key}.issuer"), "is listed twice", "keep one block for each issuer");
            }
            let ambiguous = |other: &&Issuer| {
                other.account_prefix.starts_with(&issuer.account_prefix)
                    || issuer.account_prefix.starts_with(&other.account_prefix)
            };
            if let Some(other) = self.issuers[..index].iter().find(ambiguous) {
                findings.add(
                    &format!("{key}.account_prefix"),
                    format!("does not tell accounts of {:?} from those of {:?}", issuer.issuer, other.issuer),
                    r#"give each issuer a prefix of its own, such as "corp:" and "supplier:""#,
                );
            }
            if issuer.issuer == crate::token::DEVELOPMENT_ISSUER {
                let instead = "write the name that your issuer puts in `iss`";
                findings.add(&format!("{key}.issuer"), "is the name of the development key", instead);
            }
        }
    }
}

impl Issuer {
    fn validate(&self, key: &str, findings: &mut Findings<'_>) {
        let at = |name: &str| format!("{key}.{name}");
        if self.issuer.is_empty() {
            findings.add(&at("issuer"), "is empty", "write the name that the issuer puts in `iss`");
        }
        if self.audience.is_empty() {
            findings.add(&at("audience"), "is empty", "write the name of this service at the issuer");
        }
        if self.algorithms.is_empty() {
            findings.add(&at("algorithms"), "is empty", r#"write for example ["RS256"]"#);
        }
        findings.range(&at("leeway"), self.leeway, HumanDuration::default()..=LEEWAY_MAX);
        match (&self.jwks_url, &self.jwks_file) {
            (Some(url), None) if !is_safe(url) => findings.add(
                &at("jwks_url"),
                format!("{url:?} is not a safe web address"),
                "write an https:// address; http:// is accepted only for this machine",
            ),
            (Some(_), None) | (None, Some(_)) => {}
            (None, None) => findings.add(key, "has no keys", "write jwks_url or jwks_file"),
            (Some(_), Some(_)) => findings.add(key, "has two sources of keys", "write jwks_url or jwks_file"),
        }
    }
}

/// Keys fetched in clear text could be exchanged on the way.
fn is_safe(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| match url.scheme() {
        "https" => url.has_host(),
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")),
        _ => false,
    })
}

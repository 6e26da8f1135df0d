//! What a manifest says of a webhook.

use std::time::Duration;

use serde::Deserialize;

use crate::{
    manifest::{Checked, Expression, Problem, names},
    plant_file::duration,
};

/// `webhook:` of a manifest. The system sends it to `/in/PLANT/SOURCE`, and what it names is read at once.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// How the sender proves who it is.
    pub signature: Signature,
    /// When it was signed. Left out: a request that somebody recorded can be sent again, which only causes a read.
    #[serde(default)]
    pub timestamp: Option<Timestamp>,
    /// The header with the id of the event: the same one counts once.
    #[serde(default)]
    pub event_id: Option<String>,
    /// The stream that is read, of the body as `r`; null, or left out: all of them.
    #[serde(default)]
    pub stream: Option<Expression>,
}

/// HMAC-SHA256 over the body, with a secret that both sides know.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The header that holds it.
    pub header: String,
    /// What stands before it, such as `sha256=`.
    #[serde(default)]
    pub prefix: String,
    /// How it is written.
    #[serde(default)]
    pub encoding: SignatureEncoding,
    /// The name of the secret.
    pub secret: String,
}

/// How bytes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SignatureEncoding {
    /// Two characters a byte.
    #[default]
    Hex,
    /// With the standard alphabet.
    Base64,
}

/// When a request was signed: the signature is then over time, a dot, and the body.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Timestamp {
    /// The header with the seconds since 1970.
    pub header: String,
    /// How far it may be from our clock.
    #[serde(deserialize_with = "duration::humane")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub tolerance: Duration,
}

impl Checked for Webhook {
    fn check(&self) -> Result<(), Problem> {
        let headers = std::iter::once(("signature.header", &self.signature.header))
            .chain(self.timestamp.as_ref().map(|timestamp| ("timestamp.header", &timestamp.header)))
            .chain(self.event_id.as_ref().map(|header| ("event_id", header)));
        for (key, header) in headers {
            if reqwest::header::HeaderName::from_bytes(header.as_bytes()).is_err() {
                return Err(Problem::new(
                    key,
                    format!("{header:?} is no name of a header"),
                    "write one such as X-Signature",
                ));
            }
        }
        names("stream", &self.stream.as_ref().map(Expression::roots).unwrap_or_default(), &["r", "option"])
    }
}

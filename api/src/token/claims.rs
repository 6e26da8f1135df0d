//! The claims of a token: who, from whom, for whom, from when to when.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use model::ids::PlantId;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Defect, object::StrictObject};

/// OpenID Connect allows 255 characters.
const SUBJECT_BYTES_MAX: usize = 255;

/// Seconds since 1970 that our calendar can show: up to the year 9999.
const SECONDS_MAX: i64 = 253_402_300_799;

/// Who a verified token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The issuer, as configured.
    pub issuer: String,
    /// The claim `sub`: the account at the issuer.
    pub subject: String,
    /// The account as the database knows it: the subject behind the prefix of its issuer.
    pub account: String,
    /// A name to show, if the issuer gave one.
    pub name: Option<String>,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
    /// The plants to which the token narrows its bearer, if it does.
    pub plants: Option<BTreeSet<PlantId>>,
}

/// What the claims say, of the right types but not yet believed.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    nbf: i64,
    #[serde(default, deserialize_with = "present")]
    iat: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    plants: Option<BTreeSet<PlantId>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// A member that is there must have a value: a `null` list of plants must not mean "all plants".
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// How the times of a token end.
pub(super) enum Timing {
    Current,
    Expired,
    NotYet,
}

impl Claims {
    pub(super) fn decode(part: &str) -> Result<Self, Defect> {
        let StrictObject(members) = StrictObject::decode(part).ok_or(Defect::Claims)?;
        let claims: Self = serde_json::from_value(Value::Object(members)).map_err(|_| Defect::Claims)?;
        let printable = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        let named = printable(&claims.sub) && claims.sub.len() <= SUBJECT_BYTES_MAX;
        let named =
            named && claims.name.as_deref().is_none_or(|name| printable(name) && name.len() <= SUBJECT_BYTES_MAX);
        let times = [Some(claims.exp), Some(claims.nbf), claims.iat];
        let dated =
            times.iter().flatten().all(|seconds| (0..=SECONDS_MAX).contains(seconds)) && claims.nbf <= claims.exp;
        if named && dated { Ok(claims) } else { Err(Defect::Claims) }
    }

    pub(super) fn is_for(&self, audience: &str) -> bool {
        match &self.aud {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.iter().any(|one| one == audience),
        }
    }

    /// Judges the times, allowing clocks to differ by `leeway_seconds`.
    pub(super) fn timing(&self, now: DateTime<Utc>, leeway_seconds: i64) -> Timing {
        let now = now.timestamp();
        let begins = self.iat.map_or(self.nbf, |iat| iat.max(self.nbf));
        if now >= self.exp.saturating_add(leeway_seconds) {
            Timing::Expired
        } else if now.saturating_add(leeway_seconds) < begins {
            Timing::NotYet
        } else {
            Timing::Current
        }
    }

    pub(super) fn into_identity(self, account_prefix: &str) -> Identity {
        Identity {
            issuer: self.iss,
            account: format!("{account_prefix}{}", self.sub),
            subject: self.sub,
            name: self.name,
            expires_at: DateTime::from_timestamp(self.exp, 0).expect("within the calendar, checked when decoded"),
            plants: self.plants,
        }
    }
}

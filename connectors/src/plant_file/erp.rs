//! The `[erp]` section: which ERP, and how its locations map to lines.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::Deserialize;

use super::{Context, SecretSource, duration, text};
use crate::Error;

/// How often an ERP is asked unless the file says otherwise: soon enough for people, rare enough for an ERP.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// How far back a pass looks again. An ERP stamps a record when its transaction begins and shows it when that ends, so a
/// long transaction appears with a stamp in the past.
const OVERLAP: Duration = Duration::from_secs(60);

/// The kinds of ERP that we speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErpKind {
    /// Tryton, over its JSON-RPC.
    Tryton,
    /// Our plain HTTP interface for systems without one of their own.
    Http,
}

/// An ERP and what to take from it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErpSection {
    /// The code of the source.
    #[serde(deserialize_with = "text::code")]
    pub code: String,
    /// The name of the source.
    #[serde(deserialize_with = "text::filled")]
    pub name: String,
    /// What it is.
    pub kind: ErpKind,
    /// Its base URL, `http://` or `https://`.
    #[serde(deserialize_with = "text::filled")]
    pub url: String,
    /// The database, where the ERP has several.
    pub database: Option<String>,
    /// The user that we are there.
    pub user: Option<String>,
    /// The password of that user, or the key.
    pub secret: SecretSource,
    /// The pause between two passes.
    #[serde(default = "poll_interval", deserialize_with = "duration::humane")]
    pub poll_interval: Duration,
    /// How far before the newest record seen a pass begins.
    #[serde(default = "overlap", deserialize_with = "duration::humane")]
    pub overlap: Duration,
    /// The code of the warehouse that is this plant; everything else is left out. `None`: all warehouses.
    pub warehouse: Option<String>,
    /// Code of a location to code of the line that works there.
    #[serde(default)]
    pub line_by_location: BTreeMap<String, String>,
    /// Codes of the locations whose stock may not be used. An ERP without a quality state tells a hold by the place.
    #[serde(default)]
    pub quarantine_locations: BTreeSet<String>,
}

fn poll_interval() -> Duration {
    POLL_INTERVAL
}

fn overlap() -> Duration {
    OVERLAP
}

impl ErpSection {
    /// What the types do not say.
    pub(super) fn checked(self, at: &Context) -> Result<Self, Error> {
        if !self.url.starts_with("http://") && !self.url.starts_with("https://") {
            let problem = format!("{:?} is no URL of an ERP", self.url);
            return Err(at.wrong("erp.url", &problem, "begin it with http:// or https://"));
        }
        if self.poll_interval.is_zero() {
            return Err(at.wrong("erp.poll_interval", "the pause is zero", r#"write a pause such as "5s""#));
        }
        if self.kind == ErpKind::Tryton {
            for (key, value) in [("erp.database", &self.database), ("erp.user", &self.user)] {
                if value.is_none() {
                    return Err(at.wrong(key, "Tryton needs it, and it is missing", "add it to the [erp] section"));
                }
            }
        }
        Ok(Self { secret: self.secret.seen_from(&at.folder), ..self })
    }
}

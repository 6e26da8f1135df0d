//! `[database]`: where the twin is stored.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{HumanDuration, error::Findings};

/// What is shown instead of an address that may hold a password in an unusual place.
const REDACTED: &str = "[redacted]";

/// A password file holds one line.
const PASSWORD_BYTES_MAX: usize = 4096;

/// Where the twin is stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// SQLite file or PostgreSQL server.
    pub url: DatabaseUrl,
    /// File with the password, so that it is not in the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Connections: readers with SQLite, all with PostgreSQL.
    pub connections_max: u32,
    /// How long a request may wait for a connection.
    pub acquire_timeout: HumanDuration,
}

impl Database {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        findings.range("database.connections_max", self.connections_max, 1..=1_000);
        let (shortest, longest) = (HumanDuration::from_millis(100), HumanDuration::from_secs(60));
        findings.range("database.acquire_timeout", self.acquire_timeout, shortest..=longest);
        if self.password_file.is_some() && self.url.has_password() {
            let instead = "write postgres://USER@HOST:PORT/NAME and leave the password in the file";
            findings.add("database.url", "has a password although database.password_file is set", instead);
        }
        if self.password_file.is_some() && self.url.is_sqlite() {
            findings.add("database.password_file", "SQLite has no password", "remove this key");
        }
    }

    /// The address to connect to, with the password of the file in it. Never print it.
    pub fn connect_url(&self) -> std::io::Result<String> {
        let Some(file) = &self.password_file else { return Ok(self.url.0.clone()) };
        let content = std::fs::read_to_string(file)?;
        if content.len() > PASSWORD_BYTES_MAX {
            return Err(std::io::Error::other("the file is too large for a password"));
        }
        let mut url = Url::parse(&self.url.0).map_err(std::io::Error::other)?;
        url.set_password(Some(content.trim_end_matches(['\r', '\n'])))
            .map_err(|()| std::io::Error::other("the database URL takes no password"))?;
        Ok(url.into())
    }
}

/// The address of the database. Shown without its password.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Whether this is an embedded database.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    /// The file of an embedded database; `None` for a server and for a database in memory.
    pub fn sqlite_file(&self) -> Option<&Path> {
        let rest = self.0.strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or_default();
        (!path.is_empty() && path != ":memory:").then(|| Path::new(path))
    }

    fn has_password(&self) -> bool {
        !self.is_sqlite() && Url::parse(&self.0).is_ok_and(|url| url.password().is_some())
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The text may hold a password, so no error quotes it.
        let wrong =
            r#"not the address of a database; write "sqlite://twin.db?mode=rwc" or "postgres://USER@HOST:PORT/NAME""#;
        let url = Self(text.to_owned());
        let is_server = || {
            Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql") && url.path().len() > 1)
        };
        let has_file = url.sqlite_file().is_some() || text == "sqlite::memory:";
        if has_file || (!url.is_sqlite() && is_server()) { Ok(url) } else { Err(wrong) }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Url::parse(&self.0) {
            Ok(url) if url.query_pairs().any(|(name, _)| name.contains("password")) => formatter.write_str(REDACTED),
            Ok(mut url) if url.password().is_some() => match url.set_password(Some("redacted")) {
                Ok(()) => formatter.write_str(url.as_str()),
                Err(()) => formatter.write_str(REDACTED),
            },
            _ => formatter.write_str(&self.0),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer).map_err(|_| de::Error::custom("must be text in quotes"))?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

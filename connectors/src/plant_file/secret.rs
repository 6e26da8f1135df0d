//! Where a secret is, and the secret itself, which is neither shown nor logged.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, de};

use crate::Error;

/// A secret. It prints as stars.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret in clear, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a secret is found. In a plant file: `{ env = "NAME" }` or `{ file = "path" }`.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// In this environment variable.
    Env(String),
    /// In this file, alone; a line break at its end does not count.
    File(PathBuf),
    /// In the caller's hand. A plant file can not say this.
    Given(Secret),
}

impl SecretSource {
    /// Fetches the secret. It is read anew each time, so that a rotated file takes effect at the next connection.
    ///
    /// # Errors
    /// [`Error::Secret`] when there is none.
    pub fn read(&self) -> Result<Secret, Error> {
        let (place, text) = match self {
            Self::Given(secret) => return Ok(secret.clone()),
            Self::Env(name) => {
                (format!("the environment variable {name}"), std::env::var(name).map_err(|error| error.to_string()))
            }
            Self::File(path) => {
                (format!("the file {}", path.display()), std::fs::read_to_string(path).map_err(|e| e.to_string()))
            }
        };
        match text {
            Ok(text) => match text.trim_end_matches(['\r', '\n']) {
                "" => Err(Error::Secret { place, problem: "it is empty".to_owned() }),
                secret => Ok(Secret::new(secret)),
            },
            Err(problem) => Err(Error::Secret { place, problem }),
        }
    }

    /// The same source with a file seen from `folder`.
    pub(super) fn seen_from(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            other => other,
        }
    }
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"where the secret is: { env = "NAME" } or { file = "path" }"#)
    }

    /// Somebody wrote the secret itself. The message must not repeat it.
    fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom(r#"a secret is never written into a plant file: write { env = "NAME" } or { file = "path" }"#))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            env: Option<String>,
            file: Option<PathBuf>,
        }
        let raw = Raw::deserialize(de::value::MapAccessDeserializer::new(map))?;
        match (raw.env, raw.file) {
            (Some(name), None) => Ok(SecretSource::Env(name)),
            (None, Some(path)) => Ok(SecretSource::File(path)),
            _ => Err(de::Error::custom(r#"write either { env = "NAME" } or { file = "path" }"#)),
        }
    }
}

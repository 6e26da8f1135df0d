//! A `[[system]]` section: a business system, and the manifest that says how it is spoken to.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use model::SourceKind;
use serde::Deserialize;
use serde_json::{Map, Value};
use workflow::{commands::Action, plant::SourceDefinition};

use super::{Context, SecretSource, duration, text};
use crate::{
    Error,
    manifest::{Manifest, System},
};

/// How often a system is asked unless the file says otherwise: soon enough for people, rare enough for a system.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// How far back a pass looks again. A system stamps a record when its transaction begins and shows it when that ends, so
/// a long transaction appears with a stamp in the past.
const OVERLAP: Duration = Duration::from_secs(60);

/// What a system is to the plant. It decides whom the twin believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SystemKind {
    /// Enterprise resource planning.
    Erp,
    /// Manufacturing execution.
    Mes,
    /// Warehouse management.
    Wms,
}

impl From<SystemKind> for SourceKind {
    fn from(kind: SystemKind) -> Self {
        match kind {
            SystemKind::Erp => Self::Erp,
            SystemKind::Mes => Self::Mes,
            SystemKind::Wms => Self::Wms,
        }
    }
}

/// A business system of the plant.
#[derive(Clone, Debug)]
pub struct SystemSection {
    /// The code of the source.
    pub code: String,
    /// The name of the source.
    pub name: String,
    /// What it is to the plant.
    pub kind: SystemKind,
    /// How it is spoken to.
    pub manifest: Arc<Manifest>,
    /// Its address: a base URL, a database URL, a folder; what it is depends on the kind of the manifest.
    pub url: String,
    /// Where the secrets are that the manifest names.
    pub secrets: BTreeMap<String, SecretSource>,
    /// The options that the manifest knows, with the defaults of those that the file leaves out.
    pub options: BTreeMap<String, String>,
    /// The pause between two passes.
    pub poll_interval: Duration,
    /// How far before the newest record seen a pass begins.
    pub overlap: Duration,
    /// What the system calls a place, to the code of the line that works there.
    pub line_by_location: BTreeMap<String, String>,
    /// Whether anything may be sent to it. Off: commands wait, and say so, until it is on again.
    pub commands: bool,
}

/// The section as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(deserialize_with = "text::code")]
    code: String,
    #[serde(deserialize_with = "text::filled")]
    name: String,
    kind: SystemKind,
    #[serde(deserialize_with = "text::filled")]
    manifest: String,
    #[serde(deserialize_with = "text::filled")]
    url: String,
    #[serde(default)]
    secrets: BTreeMap<String, SecretSource>,
    #[serde(default)]
    options: BTreeMap<String, String>,
    #[serde(default = "poll_interval", deserialize_with = "duration::humane")]
    poll_interval: Duration,
    #[serde(default = "overlap", deserialize_with = "duration::humane")]
    overlap: Duration,
    #[serde(default)]
    line_by_location: BTreeMap<String, String>,
    #[serde(default = "yes")]
    commands: bool,
}

fn poll_interval() -> Duration {
    POLL_INTERVAL
}

fn overlap() -> Duration {
    OVERLAP
}

fn yes() -> bool {
    true
}

impl Raw {
    /// Reads the manifest, and checks the section against it.
    pub(super) fn checked(self, key: &str, at: &Context) -> Result<SystemSection, Error> {
        let manifest = Manifest::load(&self.manifest, &at.folder)?;
        let wrong = |part: &str, problem: String, remedy: &str| at.wrong(&format!("{key}.{part}"), &problem, remedy);
        if self.poll_interval.is_zero() {
            return Err(wrong("poll_interval", "the pause is zero".to_owned(), r#"write a pause such as "5s""#));
        }
        let is_web = matches!(manifest.system, System::HttpJson(_) | System::Odata(_) | System::Tryton(_));
        if is_web && !self.url.starts_with("http://") && !self.url.starts_with("https://") {
            let problem = format!("{:?} is no URL of this system", self.url);
            return Err(wrong("url", problem, "begin it with http:// or https://"));
        }
        let mut options = BTreeMap::new();
        for (name, option) in &manifest.options {
            match self.options.get(name).or(option.default.as_ref()) {
                Some(value) => _ = options.insert(name.clone(), value.clone()),
                None => {
                    let about = option.about.as_deref().unwrap_or("the manifest needs it");
                    let problem = format!("the option {name} is missing: {about}");
                    return Err(wrong("options", problem, "add it to the options of this [[system]]"));
                }
            }
        }
        known("option", self.options.keys(), manifest.options.keys())
            .map_err(|problem| wrong("options", problem, "remove it, or correct its name"))?;
        known("secret", self.secrets.keys(), manifest.secrets.keys())
            .map_err(|problem| wrong("secrets", problem, "remove it, or correct its name"))?;
        if let Some((name, about)) = manifest.secrets.iter().find(|(name, _)| !self.secrets.contains_key(*name)) {
            let remedy = format!(r#"add {name} = {{ env = "NAME" }} or {name} = {{ file = "path" }}"#);
            return Err(wrong("secrets", format!("the secret {name} is missing: {about}"), &remedy));
        }
        let secrets = self.secrets.into_iter().map(|(name, secret)| (name, secret.seen_from(&at.folder))).collect();
        Ok(SystemSection {
            code: self.code,
            name: self.name,
            kind: self.kind,
            manifest: Arc::new(manifest),
            url: self.url,
            secrets,
            options,
            poll_interval: self.poll_interval,
            overlap: self.overlap,
            line_by_location: self.line_by_location,
            commands: self.commands,
        })
    }
}

fn known<'a>(
    what: &str,
    mut written: impl Iterator<Item = &'a String>,
    known: impl Iterator<Item = &'a String> + Clone,
) -> Result<(), String> {
    match written.find(|name| !known.clone().any(|known| known == *name)) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<_> = known.map(String::as_str).collect();
            Err(format!("the manifest knows no {what} {name:?}, only: {}", known.join(", ")))
        }
    }
}

impl SystemSection {
    /// The section of a text in TOML.
    #[cfg(test)]
    pub(crate) fn for_test(text: &str) -> Self {
        let at = Context { file: "test".to_owned(), folder: std::path::PathBuf::new() };
        toml::from_str::<Raw>(text).unwrap().checked("system", &at).unwrap()
    }

    /// The same with another manifest.
    #[cfg(test)]
    pub(crate) fn with_manifest(self, manifest: &str) -> Self {
        let manifest = Manifest::parse(manifest, "test.yaml", std::path::Path::new("")).unwrap();
        Self { manifest: Arc::new(manifest), ..self }
    }

    /// An option; `None` when it is empty.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// An option that is a list, with commas between its parts.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.option(name).into_iter().flat_map(|list| list.split(',')).map(str::trim).filter(|part| !part.is_empty())
    }

    /// The options, as the expressions of a manifest see them.
    pub fn options_json(&self) -> Value {
        let options = self.options.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        Value::Object(options.collect::<Map<_, _>>())
    }

    /// Where a secret of the manifest is.
    ///
    /// # Errors
    /// [`Error::Secret`] when the plant file does not say.
    pub fn secret(&self, name: &str) -> Result<&SecretSource, Error> {
        self.secrets.get(name).ok_or_else(|| Error::Secret {
            place: format!("system {}, secrets.{name}", self.code),
            problem: "the plant file does not say where it is".to_owned(),
        })
    }

    /// The source, as the store installs it. What may not be sent is not offered.
    pub(super) fn definition(&self) -> SourceDefinition {
        let actions = self.manifest.actions.keys().filter_map(|word| word.parse::<Action>().ok());
        SourceDefinition {
            code: self.code.clone(),
            name: self.name.clone(),
            kind: self.kind.into(),
            manifest: Some(format!("{} {}", self.manifest.system.word(), self.manifest.version)),
            actions: actions.filter(|_| self.commands).collect(),
        }
    }

    /// The error of an option that the manifest can not use.
    pub(crate) fn wrong_option(&self, problem: &str, remedy: &str) -> Error {
        Error::PlantFile {
            file: super::UNNAMED.to_owned(),
            key: format!("system {}, options", self.code),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}

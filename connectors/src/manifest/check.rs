//! What is checked when all parts of a manifest are known.

use std::collections::BTreeSet;

use super::{Manifest, load::Reader, stream::Common};
use crate::{Error, mapping};

/// Names that the expressions on a row see.
pub(crate) const ROW_NAMES: &[&str] = &["r", "p", "option"];

/// What is wrong with a part of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, seen from the part that was checked.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl Problem {
    /// A problem of a key.
    pub fn new(key: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into(), remedy: remedy.into() }
    }

    /// The same, seen from one part further up.
    #[must_use]
    pub fn below(mut self, part: &str) -> Self {
        self.key = match (part.is_empty(), self.key.is_empty()) {
            (true, _) => self.key,
            (_, true) => part.to_owned(),
            _ => format!("{part}.{}", self.key),
        };
        self
    }
}

/// A part of a manifest that knows what its types do not say.
pub trait Checked {
    /// Checks it.
    ///
    /// # Errors
    /// The first problem.
    fn check(&self) -> Result<(), Problem> {
        Ok(())
    }
}

/// Only names that are known where an expression stands. `secret` is known nowhere but in what authorises.
pub(crate) fn names(key: &str, needed: &BTreeSet<String>, known: &[&str]) -> Result<(), Problem> {
    let Some(unknown) = needed.iter().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    if unknown == "secret" {
        let remedy = "use secrets only under system.auth and system.headers, which are never logged";
        return Err(Problem::new(key, "a secret may not be used here", remedy));
    }
    let remedy = format!("these names are known here: {}", known.join(", "));
    Err(Problem::new(key, format!("there is no {unknown:?} here"), remedy))
}

/// Checks a manifest.
pub(super) fn check(manifest: &Manifest, reader: &Reader<'_>) -> Result<(), Error> {
    declared(manifest, reader)?;
    parts(manifest).map_err(|Problem { key, problem, remedy }| reader.wrong(&key, problem, &remedy))
}

/// Every `option.NAME` and `secret.NAME` has to be declared: a typing error would otherwise show when the system is first read.
fn declared(manifest: &Manifest, reader: &Reader<'_>) -> Result<(), Error> {
    for (index, line) in reader.text().lines().enumerate() {
        let line = if line.trim_start().starts_with('#') { "" } else { line.split(" # ").next().unwrap_or_default() };
        for (root, section, known) in [
            ("option.", "options", manifest.options.keys().collect::<Vec<_>>()),
            ("secret.", "secrets", manifest.secrets.keys().collect()),
        ] {
            if let Some(name) = used(line, root).find(|name| !known.iter().any(|known| known == name)) {
                let problem = format!("{root}{name} is not declared");
                let remedy = format!("add {name} to {section}: of this manifest");
                return Err(reader.wrong_at(index as u64 + 1, problem, &remedy));
            }
        }
    }
    Ok(())
}

/// The names behind `option.` or `secret.` in a line.
fn used<'a>(line: &'a str, root: &'a str) -> impl Iterator<Item = &'a str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(root).filter_map(move |(at, _)| {
        let stands_alone = !line[..at].ends_with(|c: char| is_part(c) || c == '.');
        let rest = &line[at + root.len()..];
        let name = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        (stands_alone && !name.is_empty()).then_some(name)
    })
}

fn parts(manifest: &Manifest) -> Result<(), Problem> {
    if manifest.version.trim().is_empty() || manifest.version.len() > 100 {
        return Err(Problem::new("version", "it is empty or long", "write a name and a number, such as wms/1"));
    }
    manifest.system.check().map_err(|problem| problem.below("system"))?;
    for (word, action) in &manifest.actions {
        let key = format!("actions.{word}");
        if word.parse::<workflow::commands::Action>().is_err() {
            let known: Vec<_> = workflow::commands::Action::ALL.iter().map(|known| known.as_str()).collect();
            let remedy = format!("write one of {}", known.join(", "));
            return Err(Problem::new(key, "nobody here asks for such an action", remedy));
        }
        action.check().map_err(|problem| problem.below(&key))?;
    }
    if let Some(webhook) = &manifest.webhook {
        webhook.check().map_err(|problem| problem.below("webhook"))?;
    }
    for (name, stream) in &manifest.streams {
        let key = format!("streams.{name}");
        stream.read.check().map_err(|problem| problem.below("read").below(&key))?;
        common(manifest, name, &stream.common).map_err(|problem| problem.below(&key))?;
    }
    Ok(())
}

fn common(manifest: &Manifest, name: &str, stream: &Common) -> Result<(), Problem> {
    let expressions =
        [("key", Some(&stream.key)), ("version", stream.version.as_ref()), ("filter", stream.filter.as_ref())]
            .into_iter()
            .chain([("deletes.soft_flag", stream.deletes.soft_flag.as_ref())])
            .chain([("touches.key", stream.touches.as_ref().map(|touch| &touch.key))]);
    for (key, expression) in expressions {
        names(key, &expression.map(super::Expression::roots).unwrap_or_default(), ROW_NAMES)?;
    }
    names("each", &stream.each.as_ref().map(super::Expression::roots).unwrap_or_default(), &["r", "option"])?;
    other_streams(manifest, name, stream)?;
    ratios(stream)?;
    if stream.incremental.is_some() && stream.time.is_none() {
        let remedy = "say where a row tells when it changed, for instance time: r.updated_at";
        return Err(Problem::new("incremental", "without time nobody knows how far it was read", remedy));
    }
    mapping::check(stream)
}

/// What a stream says of another.
fn other_streams(manifest: &Manifest, name: &str, stream: &Common) -> Result<(), Problem> {
    let others = stream.deletes.tombstones.as_ref().map(|other| ("deletes.tombstones", other));
    let others = others.into_iter().chain(stream.touches.as_ref().map(|touch| ("touches.stream", &touch.stream)));
    for (key, other) in others {
        if other == name || !manifest.streams.contains_key(other) {
            let known: Vec<_> = manifest.streams.keys().filter(|known| *known != name).map(String::as_str).collect();
            let remedy = format!("write one of {}", known.join(", "));
            return Err(Problem::new(key, format!("there is no other stream {other:?}"), remedy));
        }
    }
    let buries = |other: &Common| other.deletes.tombstones.as_deref() == Some(name);
    let is_grave = manifest.streams.values().any(|other| buries(&other.common));
    if stream.map.is_none() && stream.touches.is_none() && !is_grave {
        let remedy = "add map: with kind and attributes, or touches:, or name it as tombstones of another stream";
        return Err(Problem::new("", "its rows mean nothing", remedy));
    }
    Ok(())
}

fn ratios(stream: &Common) -> Result<(), Problem> {
    let ratios = [
        ("pause.error_ratio", Some(stream.pause.error_ratio)),
        ("deletes.key_sweep.max_ratio", stream.deletes.key_sweep.as_ref().map(|sweep| sweep.max_ratio)),
    ];
    for (key, ratio) in ratios {
        if ratio.is_some_and(|ratio| !(ratio > 0.0 && ratio <= 1.0)) {
            return Err(Problem::new(key, "it is no share", "write a number above 0, at most 1"));
        }
    }
    Ok(())
}

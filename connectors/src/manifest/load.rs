//! A manifest from a file or from the program itself.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, de::DeserializeOwned};
use workflow::sync::vocabulary::{self, ValueKind};

use super::{Crossing, Manifest, Read, System, Written, builtin, check, kind, place::Places};
use crate::{Error, mapping::Crosswalk};

/// What to do when YAML does not read.
const REMEDY: &str = "docs/guides/connect-a-system.md explains every key";
/// Largest manifest. The longest of ours has 20 KiB.
const MANIFEST_BYTES_MAX: usize = 1 << 20;

impl Manifest {
    /// Reads a manifest: `named` is the name of a built-in one, or else the path of a file seen from `folder`.
    ///
    /// # Errors
    /// [`Error::File`] when it can not be read, [`Error::Manifest`] when it is wrong.
    pub fn load(named: &str, folder: &Path) -> Result<Self, Error> {
        if let Some(text) = builtin::find(named) {
            return Self::parse(text, &format!("patterns/systems/{named}.yaml"), folder);
        }
        let path = folder.join(named);
        if !named.ends_with(".yaml") && !named.ends_with(".yml") {
            let problem = format!("there is no built-in manifest {named:?}");
            let remedy = format!("write the path of a .yaml file, or one of {}", builtin::names().join(", "));
            return Err(Error::Manifest { file: named.to_owned(), line: None, key: String::new(), problem, remedy });
        }
        let text = std::fs::read_to_string(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        Self::parse(&text, &path.display().to_string(), path.parent().unwrap_or(folder))
    }

    /// Checks the text of a manifest; `file` names it in messages, its crosswalks are seen from `folder`.
    ///
    /// # Errors
    /// [`Error::Manifest`], and [`Error::Crosswalk`] or [`Error::File`] for a crosswalk.
    pub fn parse(text: &str, file: &str, folder: &Path) -> Result<Self, Error> {
        let reader = Reader { text, file };
        if text.len() > MANIFEST_BYTES_MAX {
            return Err(reader.wrong("", format!("it has more than {MANIFEST_BYTES_MAX} bytes"), REMEDY));
        }
        let Peek { system } = reader.deserialize()?;
        match kind::read(&system.kind, &reader) {
            Some(manifest) => {
                let mut manifest = manifest?;
                check::check(&manifest, &reader)?;
                manifest.crosswalks = crosswalks(&manifest, &reader, folder)?;
                Ok(manifest)
            }
            None => {
                let problem = format!("there is no kind {:?}", super::shown(&system.kind));
                Err(reader.wrong("system.kind", problem, &format!("write one of {}", kind::WORDS.join(", "))))
            }
        }
    }
}

/// The crosswalks that the mappings name, each with words of the attribute that uses it.
fn crosswalks(manifest: &Manifest, reader: &Reader<'_>, folder: &Path) -> Result<BTreeMap<String, Crosswalk>, Error> {
    let mut crosswalks = BTreeMap::new();
    for (stream, section) in &manifest.streams {
        let Some(map) = &section.common.map else { continue };
        for (name, attribute) in &map.attributes {
            let Some(Crossing::Crosswalk(file)) = &attribute.crossing else { continue };
            let crosswalk = Crosswalk::load(file, folder)?;
            if let Some(ValueKind::Word(words)) = vocabulary::attribute(map.kind, name).map(|known| known.value) {
                let key = format!("streams.{stream}.map.attributes.{name}.crosswalk");
                let wrong = |problem| reader.wrong(&key, problem, "correct the crosswalk, or use another one");
                crosswalk.check_words(words).map_err(wrong)?;
            }
            crosswalks.insert(file.clone(), crosswalk);
        }
    }
    Ok(crosswalks)
}

/// What decides on how the rest is read.
#[derive(Deserialize)]
struct Peek {
    system: PeekSystem,
}

#[derive(Deserialize)]
struct PeekSystem {
    kind: String,
}

/// The text of a manifest, and its name for messages.
pub(super) struct Reader<'a> {
    text: &'a str,
    file: &'a str,
}

impl Reader<'_> {
    /// Reads a manifest whose kind is known.
    pub(super) fn read<S: DeserializeOwned, R: DeserializeOwned>(
        &self,
        system: impl FnOnce(S) -> System,
        read: impl Fn(R) -> Read,
    ) -> Result<Manifest, Error> {
        let written: Written<S, R> = self.deserialize()?;
        let streams = written.streams.into_iter().map(|(name, stream)| {
            let stream = stream.named(&name, &read);
            (name, stream)
        });
        Ok(Manifest {
            file: self.file.to_owned(),
            version: written.version,
            about: written.about,
            system: system(written.system),
            options: written.options,
            secrets: written.secrets,
            streams: streams.collect(),
            webhook: written.webhook,
            actions: written.actions,
            crosswalks: BTreeMap::new(),
        })
    }

    /// The error of a key.
    pub(super) fn wrong(&self, key: &str, problem: impl Into<String>, remedy: &str) -> Error {
        let line = Places::of(self.text).line(key);
        Error::Manifest {
            file: self.file.to_owned(),
            line,
            key: key.to_owned(),
            problem: problem.into(),
            remedy: remedy.to_owned(),
        }
    }

    /// The text itself.
    pub(super) fn text(&self) -> &str {
        self.text
    }

    /// The error of a line.
    pub(super) fn wrong_at(&self, line: u64, problem: String, remedy: &str) -> Error {
        Error::Manifest {
            file: self.file.to_owned(),
            line: Some(line),
            key: String::new(),
            problem,
            remedy: remedy.to_owned(),
        }
    }

    fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let mut path = None;
        let options = serde_saphyr::options! { with_snippet: false };
        serde_saphyr::with_deserializer_from_str_with_options(self.text, options, |document| {
            serde_path_to_error::deserialize(document).map_err(|error: serde_path_to_error::Error<_>| {
                path = Some(error.path().to_string());
                error.into_inner()
            })
        })
        .map_err(|error| {
            let line = error.location().map(|at| at.line()).filter(|line| *line > 0);
            let key = path.filter(|path| path != ".").unwrap_or_default();
            let problem = error.without_snippet().to_string();
            // The place is told in front.
            let problem = problem.rsplit_once(" at line ").map_or(problem.as_str(), |(problem, _)| problem).to_owned();
            Error::Manifest { file: self.file.to_owned(), line, key, problem, remedy: REMEDY.to_owned() }
        })
    }
}

//! Crosswalks: what a raw status of a system means in the canonical words. Each is a versioned data file with test
//! vectors, built into the program or beside a manifest. What a file does not list is unmapped: it is reported with its raw
//! value, never guessed.

use std::{collections::HashSet, path::Path};

use serde::Deserialize;
use workflow::sync::{Assertion, Unmapped, vocabulary::Words};

use crate::Error;

macro_rules! crosswalks {
    ($($name:literal),+ $(,)?) => {
        /// The built-in files: name and text.
        const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../patterns/crosswalks/", $name, ".toml")))),+];
    };
}

crosswalks!["http-lot", "http-order", "simulated-wms-lot", "tryton-lot", "tryton-production"];

/// From raw values of one system to one canonical enumeration.
#[derive(Clone, Debug, PartialEq)]
pub struct Crosswalk {
    name: String,
    version: String,
    /// Raw value and meaning; of several raw values at once the one that stands first here decides.
    mapping: Vec<(String, Option<String>)>,
    vectors: Vec<Vector>,
}

/// A test that the file itself carries.
#[derive(Clone, Debug, PartialEq)]
struct Vector {
    raw: Vec<String>,
    expected: Result<Option<String>, String>,
}

impl Crosswalk {
    /// A built-in file by its name, or a `.toml` file seen from `folder`.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] when it is wrong, [`Error::File`] when it can not be read.
    pub fn load(named: &str, folder: &Path) -> Result<Self, Error> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == named) {
            return Self::parse(text, name);
        }
        if !named.ends_with(".toml") {
            let known: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
            let problem = format!("there is none: write the path of a .toml file, or one of {}", known.join(", "));
            return Err(Error::Crosswalk { name: named.to_owned(), problem });
        }
        let path = folder.join(named);
        let text = std::fs::read_to_string(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        Self::parse(&text, named)
    }

    /// One that a manifest writes out itself.
    pub(crate) fn inline(mapping: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        Self {
            name: String::new(),
            version: String::new(),
            mapping: mapping.into_iter().collect(),
            vectors: Vec::new(),
        }
    }

    /// Every built-in crosswalk.
    ///
    /// # Errors
    /// As [`Crosswalk::load`].
    pub fn built_in() -> Result<Vec<Self>, Error> {
        BUILT_IN.iter().map(|(name, text)| Self::parse(text, name)).collect()
    }

    /// The version of the file; a change of it has every row read again.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the raw values mean together; `Ok(None)`: nothing.
    ///
    /// # Errors
    /// The first raw value that is not listed; the empty text when there is no value at all.
    pub fn map<S: AsRef<str>>(&self, raw: &[S]) -> Result<Option<&str>, String> {
        let mut first = None;
        for value in raw {
            let place = self.mapping.iter().position(|(known, _)| known == value.as_ref());
            let place = place.ok_or_else(|| value.as_ref().to_owned())?;
            first = Some(first.map_or(place, |first: usize| first.min(place)));
        }
        first.map(|place| self.mapping[place].1.as_deref()).ok_or_else(String::new)
    }

    /// The assertion of values that were written so, and stand for these raw values of the crosswalk.
    pub fn assertion<S: AsRef<str>>(&self, written: Vec<String>, raw: &[S]) -> Assertion {
        let canonical = self.map(raw).map(|word| word.map(str::to_owned)).map_err(Unmapped::Value);
        Assertion { values: written, canonical }
    }

    /// Checks that every meaning is one of these words.
    ///
    /// # Errors
    /// The first that is not, with what is expected.
    pub fn check_words(&self, words: Words) -> Result<(), String> {
        let known = words.all();
        match self.mapping.iter().filter_map(|(_, word)| word.as_deref()).find(|word| !known.contains(word)) {
            Some(word) => Err(format!("{word:?} is none of {}", known.join(", "))),
            None => Ok(()),
        }
    }

    /// Runs the test vectors of the file, and checks that they cover every mapping and something unmapped.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] with the first vector that fails.
    pub fn check(&self) -> Result<(), Error> {
        for vector in &self.vectors {
            let got = self.map(&vector.raw).map(|word| word.map(str::to_owned));
            if got != vector.expected {
                return Err(self.wrong(format!("the test vector {:?} does not hold", vector.raw)));
            }
        }
        let tested: HashSet<&str> = self.vectors.iter().flat_map(|vector| &vector.raw).map(String::as_str).collect();
        if let Some((raw, _)) = self.mapping.iter().find(|(raw, _)| !tested.contains(raw.as_str())) {
            return Err(self.wrong(format!("no test vector uses {raw:?}: add one")));
        }
        if self.vectors.iter().all(|vector| vector.expected.is_ok()) {
            return Err(self.wrong("no test vector is unmapped: add one".to_owned()));
        }
        Ok(())
    }

    fn parse(text: &str, name: &str) -> Result<Self, Error> {
        let wrong = |problem: String| Error::Crosswalk { name: name.to_owned(), problem };
        let raw: RawFile = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut mapping = Vec::with_capacity(raw.mapping.len());
        for entry in raw.mapping {
            if mapping.iter().any(|(known, _)| *known == entry.raw) {
                return Err(wrong(format!("{:?} is mapped twice", entry.raw)));
            }
            mapping.push((entry.raw, meaning(entry.canonical)));
        }
        let mut vectors = Vec::with_capacity(raw.vector.len());
        for vector in raw.vector {
            let expected = match (vector.canonical, vector.unmapped) {
                (Some(canonical), None) => Ok(meaning(canonical)),
                (None, Some(unmapped)) => Err(unmapped),
                _ => return Err(wrong(format!("the vector {:?} needs either canonical or unmapped", vector.raw))),
            };
            vectors.push(Vector { raw: vector.raw, expected });
        }
        Ok(Self { name: name.to_owned(), version: raw.version, mapping, vectors })
    }

    fn wrong(&self, problem: String) -> Error {
        Error::Crosswalk { name: self.name.clone(), problem }
    }
}

/// TOML has no null: the empty text means nothing.
fn meaning(canonical: String) -> Option<String> {
    Some(canonical).filter(|word| !word.is_empty())
}

/// The file as it is written. `system` and `field` are for its readers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    version: String,
    #[serde(rename = "system")]
    _system: String,
    #[serde(rename = "field")]
    _field: String,
    mapping: Vec<RawMapping>,
    vector: Vec<RawVector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMapping {
    raw: String,
    canonical: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVector {
    raw: Vec<String>,
    canonical: Option<String>,
    unmapped: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "version = \"t/1\"\nsystem = \"s\"\nfield = \"f\"\n";

    fn parse(body: &str) -> Result<Crosswalk, Error> {
        Crosswalk::parse(&format!("{HEAD}{body}"), "t")
    }

    fn load(name: &str) -> Crosswalk {
        Crosswalk::load(name, Path::new("")).unwrap()
    }

    #[test]
    fn the_built_in_files_hold_their_vectors() {
        for crosswalk in Crosswalk::built_in().unwrap() {
            crosswalk.check().unwrap();
        }
    }

    #[test]
    fn an_unknown_status_is_never_guessed() {
        let states = load("tryton-production");
        assert_eq!(states.map(&["running"]), Ok(Some("RUNNING")));
        assert_eq!(states.map(&["Running"]), Err("Running".to_owned()));
        assert_eq!(states.map::<&str>(&[]), Err(String::new()));
    }

    #[test]
    fn of_several_values_the_most_restrictive_decides_and_one_unknown_is_enough() {
        let lots = load("tryton-lot");
        assert_eq!(lots.map(&["storage", "quarantine"]), Ok(Some("RESTRICTED")));
        assert_eq!(lots.map(&["quarantine", "attic"]), Err("attic".to_owned()));
    }

    #[test]
    fn a_wrong_file_is_refused() {
        let good =
            "[[mapping]]\nraw = \"a\"\ncanonical = \"READY\"\n[[vector]]\nraw = [\"a\"]\ncanonical = \"READY\"\n";
        let unmapped = "[[vector]]\nraw = [\"b\"]\nunmapped = \"b\"\n";
        parse(&format!("{good}{unmapped}")).unwrap().check().unwrap();
        assert!(parse(good).unwrap().check().is_err(), "nothing unmapped is tested");
        let untested = "[[mapping]]\nraw = \"c\"\ncanonical = \"READY\"\n";
        assert!(parse(&format!("{untested}{good}{unmapped}")).unwrap().check().is_err());
        let failing = "[[vector]]\nraw = [\"a\"]\ncanonical = \"HELD\"\n";
        assert!(parse(&format!("{good}{unmapped}{failing}")).unwrap().check().is_err());
        let states = parse(&good.replace("READY", "READYISH")).unwrap();
        assert!(states.check_words(Words::RequestState).unwrap_err().contains("READYISH"));
        assert!(parse(&format!("{good}{good}")).is_err(), "mapped twice");
        assert!(parse(&format!("{good}[[vector]]\nraw = [\"a\"]\n")).is_err(), "a vector that expects nothing");
    }
}

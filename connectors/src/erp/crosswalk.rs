//! Crosswalks: what a raw status of a source system means in the canonical words. Each is a versioned data file under
//! `patterns/crosswalks/` with test vectors, built into the program. What a file does not list is unmapped: it is
//! reported with its raw value, never guessed.

use std::{collections::HashSet, str::FromStr};

use model::{Disposition, RequestState, UnknownWord};
use serde::Deserialize;

use crate::Error;

/// The built-in files: name and text.
const TRYTON_PRODUCTION: (&str, &str) =
    ("tryton-production", include_str!("../../../patterns/crosswalks/tryton-production.toml"));
const TRYTON_LOT: (&str, &str) = ("tryton-lot", include_str!("../../../patterns/crosswalks/tryton-lot.toml"));
const HTTP_ORDER: (&str, &str) = ("http-order", include_str!("../../../patterns/crosswalks/http-order.toml"));
const HTTP_LOT: (&str, &str) = ("http-lot", include_str!("../../../patterns/crosswalks/http-lot.toml"));

/// From raw values of one source to one canonical enumeration.
#[derive(Clone, Debug)]
pub struct Crosswalk<T> {
    name: &'static str,
    version: String,
    /// Raw value and meaning; of several raw values at once the one that stands first here decides.
    mapping: Vec<(String, T)>,
    vectors: Vec<Vector<T>>,
}

/// A test that the file itself carries.
#[derive(Clone, Debug)]
struct Vector<T> {
    raw: Vec<String>,
    expected: Result<T, String>,
}

impl Crosswalk<RequestState> {
    /// States of Tryton's production orders.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] when the file is wrong.
    pub fn tryton_production() -> Result<Self, Error> {
        Self::read(TRYTON_PRODUCTION)
    }

    /// States of production orders of the plain HTTP interface.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] when the file is wrong.
    pub fn http_order() -> Result<Self, Error> {
        Self::read(HTTP_ORDER)
    }
}

impl Crosswalk<Disposition> {
    /// Where a lot is in Tryton, which has no quality state of lots.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] when the file is wrong.
    pub fn tryton_lot() -> Result<Self, Error> {
        Self::read(TRYTON_LOT)
    }

    /// Stock types of lots of the plain HTTP interface.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] when the file is wrong.
    pub fn http_lot() -> Result<Self, Error> {
        Self::read(HTTP_LOT)
    }
}

/// Reads every built-in crosswalk and runs its test vectors.
///
/// # Errors
/// [`Error::Crosswalk`] with the first thing that is wrong.
pub fn check_all() -> Result<(), Error> {
    Crosswalk::tryton_production()?.check()?;
    Crosswalk::http_order()?.check()?;
    Crosswalk::tryton_lot()?.check()?;
    Crosswalk::http_lot()?.check()
}

impl<T: Copy + PartialEq + FromStr<Err = UnknownWord>> Crosswalk<T> {
    /// The version of the file; a change of it has every row read again.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the raw values mean together.
    ///
    /// # Errors
    /// The first raw value that the file does not list; the empty text when there is no value at all.
    pub fn map<S: AsRef<str>>(&self, raw: &[S]) -> Result<T, String> {
        let mut first = None;
        for value in raw {
            let place = self.mapping.iter().position(|(known, _)| known == value.as_ref());
            let place = place.ok_or_else(|| value.as_ref().to_owned())?;
            first = Some(first.map_or(place, |first: usize| first.min(place)));
        }
        first.map(|place| self.mapping[place].1).ok_or_else(String::new)
    }

    /// Runs the test vectors of the file, and checks that they cover every mapping and something unmapped.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] with the first vector that fails.
    pub fn check(&self) -> Result<(), Error> {
        for vector in &self.vectors {
            if self.map(&vector.raw) != vector.expected {
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

    fn read((name, text): (&'static str, &str)) -> Result<Self, Error> {
        let wrong = |problem: String| Error::Crosswalk { name, problem };
        let raw: RawFile = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let word = |word: &str| word.parse::<T>().map_err(|error| wrong(error.to_string()));
        let mut mapping = Vec::with_capacity(raw.mapping.len());
        for entry in raw.mapping {
            if mapping.iter().any(|(known, _)| *known == entry.raw) {
                return Err(wrong(format!("{:?} is mapped twice", entry.raw)));
            }
            mapping.push((entry.raw, word(&entry.canonical)?));
        }
        let mut vectors = Vec::with_capacity(raw.vector.len());
        for vector in raw.vector {
            let expected = match (vector.canonical, vector.unmapped) {
                (Some(canonical), None) => Ok(word(&canonical)?),
                (None, Some(unmapped)) => Err(unmapped),
                _ => return Err(wrong(format!("the vector {:?} needs either canonical or unmapped", vector.raw))),
            };
            vectors.push(Vector { raw: vector.raw, expected });
        }
        Ok(Self { name, version: raw.version, mapping, vectors })
    }

    fn wrong(&self, problem: String) -> Error {
        Error::Crosswalk { name: self.name, problem }
    }
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

    fn read(body: &str) -> Result<Crosswalk<RequestState>, Error> {
        Crosswalk::read(("t", Box::leak(format!("{HEAD}{body}").into_boxed_str())))
    }

    #[test]
    fn the_built_in_files_hold_their_vectors() {
        check_all().unwrap();
    }

    #[test]
    fn an_unknown_status_is_never_guessed() {
        let states = Crosswalk::tryton_production().unwrap();
        assert_eq!(states.map(&["running"]), Ok(RequestState::Running));
        assert_eq!(states.map(&["Running"]), Err("Running".to_owned()));
        assert_eq!(states.map::<&str>(&[]), Err(String::new()));
    }

    #[test]
    fn of_several_values_the_most_restrictive_decides_and_one_unknown_is_enough() {
        let lots = Crosswalk::tryton_lot().unwrap();
        assert_eq!(lots.map(&["storage", "quarantine"]), Ok(Disposition::Restricted));
        assert_eq!(lots.map(&["quarantine", "attic"]), Err("attic".to_owned()));
    }

    #[test]
    fn a_wrong_file_is_refused() {
        let good =
            "[[mapping]]\nraw = \"a\"\ncanonical = \"READY\"\n[[vector]]\nraw = [\"a\"]\ncanonical = \"READY\"\n";
        let unmapped = "[[vector]]\nraw = [\"b\"]\nunmapped = \"b\"\n";
        read(&format!("{good}{unmapped}")).unwrap().check().unwrap();
        assert!(read(good).unwrap().check().is_err(), "nothing unmapped is tested");
        let untested = "[[mapping]]\nraw = \"c\"\ncanonical = \"READY\"\n";
        assert!(read(&format!("{untested}{good}{unmapped}")).unwrap().check().is_err());
        let failing = "[[vector]]\nraw = [\"a\"]\ncanonical = \"HELD\"\n";
        assert!(read(&format!("{good}{unmapped}{failing}")).unwrap().check().is_err());
        assert!(read(&good.replace("READY", "READYISH")).is_err(), "an unknown word");
        assert!(read(&format!("{good}{good}")).is_err(), "mapped twice");
        assert!(read(&format!("{good}[[vector]]\nraw = [\"a\"]\n")).is_err(), "a vector that expects nothing");
    }
}

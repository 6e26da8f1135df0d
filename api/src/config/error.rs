//! What is wrong with a configuration.

use std::{fmt, ops::RangeInclusive, path::PathBuf};

use super::origin::{Origin, Origins};

/// The configuration can not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operator's file can not be read.
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Keys or values are wrong.
    #[error("the configuration is not valid:{}", list(.0))]
    Invalid(Vec<Problem>),
}

/// One wrong key or value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the key, such as `server.bind`; empty for a file that is not TOML.
    pub key: String,
    /// Where it was written.
    pub origin: Origin,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(formatter, "{}: {}", self.origin, self.message)
        } else {
            write!(formatter, "{} ({}): {}", self.key, self.origin, self.message)
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// Gathers what `validate` finds, so that one run shows every mistake.
pub(super) struct Findings<'a> {
    origins: &'a Origins,
    problems: Vec<Problem>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(origins: &'a Origins) -> Self {
        Self { origins, problems: Vec::new() }
    }

    /// Records a mistake at `key`: what is wrong, and what to write instead.
    pub(super) fn add(&mut self, key: &str, wrong: impl fmt::Display, instead: impl fmt::Display) {
        let origin = self.origins.locate(key);
        self.problems.push(Problem { key: key.to_owned(), origin, message: format!("{wrong}; {instead}") });
    }

    /// Records a mistake unless `allowed` contains the value.
    pub(super) fn range<T: PartialOrd + fmt::Display>(&mut self, key: &str, value: T, allowed: RangeInclusive<T>) {
        if !allowed.contains(&value) {
            let instead = format!("write {} to {}", allowed.start(), allowed.end());
            self.add(key, format!("{value} is out of range"), instead);
        }
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        if self.problems.is_empty() { Ok(()) } else { Err(Error::Invalid(self.problems)) }
    }
}

//! Where a value was written, so that an error can point there.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The compiled-in default file.
    Default,
    /// A line of the operator's file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Environment(variable) => write!(formatter, "environment variable {variable}"),
        }
    }
}

/// The origin of every key that is not a default.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    written: BTreeMap<String, Origin>,
}

impl Origins {
    /// Notes the line of each key in the operator's file.
    pub(super) fn record_file(&mut self, path: &Path, text: &str, table: &DeTable<'_>) {
        Walk { origins: self, path, text }.table("", table);
    }

    /// Notes the variable that sets `key`. It hides what a file says about the key and the keys below it.
    pub(super) fn record_variable(&mut self, key: &str, variable: &str) {
        let below = format!("{key}.");
        self.written.retain(|written, _| !written.starts_with(&below));
        self.written.insert(key.to_owned(), Origin::Environment(variable.to_owned()));
    }

    /// Where `key`, or else a key below it, or else the nearest key around it, was written.
    pub(super) fn locate(&self, key: &str) -> Origin {
        let below = format!("{key}.");
        let exact = self.written.get(key);
        if let Some(origin) = exact
            .or_else(|| self.written.iter().find(|(written, _)| written.starts_with(&below)).map(|(_, origin)| origin))
        {
            return origin.clone();
        }
        let mut prefix = key;
        loop {
            if let Some(origin) = self.written.get(prefix) {
                return origin.clone();
            }
            match prefix.rsplit_once('.') {
                Some((parent, _)) => prefix = parent,
                None => return Origin::Default,
            }
        }
    }

    /// The values that are not defaults, with their origins. Tables are left out, their keys are listed.
    pub(super) fn overrides(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.written.iter().filter_map(|(key, origin)| {
            let below = format!("{key}.");
            let is_leaf = !self.written.keys().any(|other| other.starts_with(&below));
            is_leaf.then_some((key.as_str(), origin))
        })
    }
}

/// Walks a parsed file and notes lines.
struct Walk<'a> {
    origins: &'a mut Origins,
    path: &'a Path,
    text: &'a str,
}

impl Walk<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = join(prefix, key.get_ref());
            self.note(&name, key.span().start);
            self.value(&name, value.get_ref());
        }
    }

    fn value(&mut self, name: &str, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.table(name, table),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let name = join(name, &index.to_string());
                    self.note(&name, item.span().start);
                    self.value(&name, item.get_ref());
                }
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }

    fn note(&mut self, name: &str, offset: usize) {
        let origin = Origin::File { path: self.path.to_owned(), line: line_at(self.text, offset) };
        self.origins.written.insert(name.to_owned(), origin);
    }
}

/// The line, from 1, of a byte of `text`.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

//! Reads the three layers and makes one checked configuration of them.

use std::path::PathBuf;

use figment::{
    Figment,
    error::{Actual, Kind},
    providers::Serialized,
};
use toml::{Table, Value, de::DeTable};

use super::{
    Config, Error, Origin, Problem,
    error::Findings,
    origin::{Origins, line_at},
};

/// The commented default file, which is the default itself.
pub const DEFAULT_FILE: &str = include_str!("../config.default.toml");

/// Environment variables that begin so are settings.
pub const ENVIRONMENT_PREFIX: &str = "PLANTGRAPH_";

/// Between the section and the key in the name of an environment variable.
const SEPARATOR: &str = "__";

/// Variables with our prefix that are not settings: the file to read, and what only the test harness reads.
const NOT_SETTINGS: [&str; 2] = ["PLANTGRAPH_CONFIG", "PLANTGRAPH_TEST_"];

/// An operator's file is a few kilobytes; a larger one is a mistake, such as a device or a log.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Where to look beside the default file.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The operator's file.
    pub file: Option<PathBuf>,
    /// The environment; variables without our prefix are ignored.
    pub environment: Vec<(String, String)>,
}

impl Sources {
    /// The operator's file and the environment of this process. Variables that are not Unicode are not ours.
    pub fn process(file: Option<PathBuf>) -> Self {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { file, environment: environment.collect() }
    }
}

/// A checked configuration and where its values come from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    origins: Origins,
}

impl Loaded {
    /// Reads, merges and checks the layers. Every mistake that can be found in one run is in the error.
    pub fn read(sources: &Sources) -> Result<Self, Error> {
        let mut origins = Origins::default();
        let default: Table = DEFAULT_FILE.parse().expect("the default file is valid TOML, proved by a test");
        let file = match &sources.file {
            Some(path) => read_file(path.clone(), &mut origins)?,
            None => Table::new(),
        };
        let environment = read_environment(&sources.environment, &default, &mut origins)?;
        let figment = Figment::from(Serialized::defaults(&default))
            .merge(Serialized::defaults(&file))
            .merge(Serialized::defaults(&environment));
        let config: Config = figment.extract().map_err(|error| explain(error, &origins))?;
        let mut findings = Findings::new(&origins);
        config.validate(&mut findings);
        findings.finish()?;
        Ok(Self { config, origins })
    }

    /// The values that are not defaults: key and origin, in the order of the keys.
    pub fn overrides(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.origins.overrides()
    }
}

fn read_file(path: PathBuf, origins: &mut Origins) -> Result<Table, Error> {
    let text = match std::fs::metadata(&path) {
        Ok(metadata) if metadata.len() > FILE_BYTES_MAX => {
            Err(std::io::Error::other(format!("the file is larger than {FILE_BYTES_MAX} bytes")))
        }
        Ok(_) => std::fs::read_to_string(&path),
        Err(error) => Err(error),
    };
    let text = text.map_err(|source| Error::Unreadable { path: path.clone(), source })?;
    let not_toml = |error: toml::de::Error| {
        let line = line_at(&text, error.span().map_or(0, |span| span.start));
        let origin = Origin::File { path: path.clone(), line };
        let message = format!("not valid TOML: {}", error.message());
        Error::Invalid(vec![Problem { key: String::new(), origin, message }])
    };
    let spanned = DeTable::parse(&text).map_err(not_toml)?;
    origins.record_file(&path, &text, spanned.get_ref());
    text.parse().map_err(not_toml)
}

fn read_environment(environment: &[(String, String)], default: &Table, origins: &mut Origins) -> Result<Table, Error> {
    let mut layer = Table::new();
    let mut problems = Vec::new();
    let ours = environment.iter().filter(|(name, _)| {
        name.starts_with(ENVIRONMENT_PREFIX) && !NOT_SETTINGS.iter().any(|other| name.starts_with(other))
    });
    for (variable, text) in ours {
        let key = variable[ENVIRONMENT_PREFIX.len()..].to_lowercase().replace(SEPARATOR, ".");
        let inserted = insert(&mut layer, &key, parse_variable(text, &key, default));
        origins.record_variable(&key, variable);
        if let Err(message) = inserted {
            problems.push(Problem { key, origin: Origin::Environment(variable.clone()), message });
        }
    }
    if problems.is_empty() { Ok(layer) } else { Err(Error::Invalid(problems)) }
}

/// Reads the text of a variable as the type that its default has. Where the default is text, or there is none, the
/// text is taken as it is, so that a password of digits stays a password.
fn parse_variable(text: &str, key: &str, default: &Table) -> Value {
    let mut found = None;
    let mut table = Some(default);
    for part in key.split('.') {
        found = table.and_then(|table| table.get(part));
        table = found.and_then(Value::as_table);
    }
    let as_written = || Value::String(text.to_owned());
    match found {
        None | Some(Value::String(_)) => as_written(),
        Some(_) => {
            let parsed = format!("value = {text}").parse::<Table>().ok();
            // One key and nothing else: a line break in the text must not smuggle in a second one.
            parsed
                .filter(|table| table.len() == 1)
                .and_then(|mut table| table.remove("value"))
                .unwrap_or_else(as_written)
        }
    }
}

fn insert(layer: &mut Table, key: &str, value: Value) -> Result<(), String> {
    let Some((parents, last)) = key.rsplit_once('.') else {
        return Err(format!("not a setting; write {ENVIRONMENT_PREFIX}SECTION{SEPARATOR}KEY with two underscores"));
    };
    let mut table = layer;
    for parent in parents.split('.') {
        let entry = table.entry(parent).or_insert_with(|| Value::Table(Table::new()));
        table = entry.as_table_mut().ok_or_else(|| format!("{parent:?} is also set as a value; set one of the two"))?;
    }
    match table.insert(last.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err("set by two variables; set one of the two".to_owned()),
    }
}

/// Turns the library's error into ours: key, origin, what to write.
fn explain(error: figment::Error, origins: &Origins) -> Error {
    let problems = error.into_iter().map(|error| {
        let message = match &error.kind {
            Kind::UnknownField(_, known) => format!("unknown key; write one of: {}", known.join(", ")),
            Kind::UnknownVariant(found, known) => format!("{found:?} is not known; write one of: {}", known.join(", ")),
            Kind::MissingField(field) => format!("the key {field:?} is missing; add it"),
            Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
                format!("found {}; write {}", shown(found), wanted(expected))
            }
            Kind::Message(message) => message.clone(),
            other => other.to_string(),
        };
        let key = error.path.join(".");
        Problem { origin: origins.locate(&key), key, message }
    });
    Error::Invalid(problems.collect())
}

/// The library's name of what was found, in words of the file format.
fn shown(found: &Actual) -> String {
    match found {
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(value) => format!("the number {value}"),
        Actual::Signed(value) => format!("the number {value}"),
        Actual::Float(value) => format!("the number {value}"),
        Actual::Str(value) => format!("the text {value:?}"),
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

/// The library's name of what was expected, in words of the file format.
fn wanted(expected: &str) -> &str {
    match expected {
        "u32" | "u64" | "usize" => "a whole number, not negative",
        "a boolean" => "true or false",
        "a string" | "path string" => "text in quotes",
        "a sequence" => "a list in square brackets",
        "socket address" => r#"an IP address and a port, such as "127.0.0.1:8080""#,
        other if other.starts_with("struct ") => "a section with keys of its own",
        other => other,
    }
}

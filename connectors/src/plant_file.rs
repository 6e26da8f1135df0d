//! The plant file: what a plant is, and which node of an OPC UA server or location of an ERP means what.
//!
//! It is TOML, it refuses keys that it does not know, and every error names the file, the key, and what to write instead.
//! It holds no secrets, only where to find them. `patterns/plants/demo.toml` is a commented example.

mod alarms;
pub(crate) mod duration;
mod line;
mod node;
mod opcua;
mod secret;
mod system;
mod text;
mod tolerance;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use model::SourceKind;
use serde::Deserialize;
use workflow::{
    directory::Account,
    plant::{PlantDefinition, SourceDefinition},
    truth::Tolerance,
};

pub use self::{
    alarms::AlarmBinding,
    line::{Area, CounterBinding, LineSection, ParameterBinding, StateBinding, StateKind, WorkUnit},
    node::NodeBinding,
    opcua::{Identity, OpcUaSection, Security},
    secret::{Secret, SecretSource},
    system::{SystemKind, SystemSection},
};
use crate::Error;

/// How a plant file is called when it was not read from a file.
const UNNAMED: &str = "plant file";

/// A checked plant file. The fields are public: a caller may, for instance, put another URL in before it connects.
#[derive(Clone, Debug)]
pub struct PlantFile {
    /// The plant itself.
    pub plant: PlantSection,
    /// Its lines, in the order of the file; codes are unique.
    pub lines: Vec<LineSection>,
    /// The OPC UA server of the floor.
    pub opcua: Option<OpcUaSection>,
    /// The business systems, in the order of the file.
    pub systems: Vec<SystemSection>,
    /// How long two kinds of systems may differ, where this plant says otherwise than the rules.
    pub tolerances: Vec<Tolerance>,
    /// Who has which role in the plant.
    pub people: Vec<Account>,
}

/// The plant and its owner.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlantSection {
    /// The code of the enterprise that owns the plant.
    #[serde(deserialize_with = "text::code")]
    pub enterprise_code: String,
    /// The name of that enterprise.
    #[serde(deserialize_with = "text::filled")]
    pub enterprise_name: String,
    /// The code of the plant.
    #[serde(deserialize_with = "text::code")]
    pub code: String,
    /// The name of the plant.
    #[serde(deserialize_with = "text::filled")]
    pub name: String,
    /// The IANA time zone of the plant, such as `Europe/Berlin`.
    #[serde(deserialize_with = "text::filled")]
    pub time_zone: String,
}

/// The file as it is written, before names are resolved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    plant: PlantSection,
    #[serde(default)]
    line: Vec<line::Raw>,
    opcua: Option<opcua::Raw>,
    #[serde(default)]
    system: Vec<system::Raw>,
    #[serde(default)]
    tolerance: Vec<tolerance::Raw>,
    #[serde(default)]
    person: Vec<Account>,
}

impl PlantFile {
    /// Reads and checks the file at `path`. Relative paths inside it are relative to its folder.
    ///
    /// # Errors
    /// [`Error::File`] when it can not be read, [`Error::PlantFile`] or [`Error::Binding`] when it is wrong.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Self::read(&text, &Context { file: path.display().to_string(), folder })
    }

    /// Checks the text of a plant file. Relative paths inside it are relative to the working folder.
    ///
    /// # Errors
    /// [`Error::PlantFile`] or [`Error::Binding`] when it is wrong.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::read(text, &Context { file: UNNAMED.to_owned(), folder: PathBuf::new() })
    }

    fn read(text: &str, at: &Context) -> Result<Self, Error> {
        let document = toml::Deserializer::parse(text).map_err(|error| at.unreadable("", &error))?;
        let raw: Raw = serde_path_to_error::deserialize(document)
            .map_err(|error| at.unreadable(&error.path().to_string(), error.inner()))?;
        let aliases = raw.opcua.as_ref().map(|section| section.aliases(at)).transpose()?;
        let lines = raw
            .line
            .into_iter()
            .enumerate()
            .map(|(index, line)| line.checked(&format!("line[{index}]"), aliases.as_ref(), at))
            .collect::<Result<Vec<_>, _>>()?;
        let opcua = raw.opcua.map(|section| section.checked(at)).transpose()?;
        let systems = raw
            .system
            .into_iter()
            .enumerate()
            .map(|(index, section)| section.checked(&format!("system[{index}]"), at))
            .collect::<Result<Vec<_>, _>>()?;
        let tolerances = tolerance::checked(raw.tolerance, at)?;
        let file = Self { plant: raw.plant, lines, opcua, systems, tolerances, people: raw.person };
        file.check(at)?;
        Ok(file)
    }

    /// What one part of the file says of another.
    fn check(&self, at: &Context) -> Result<(), Error> {
        if self.lines.is_empty() {
            return Err(at.wrong("line", "the plant has no line", "add at least one [[line]] with a code and a name"));
        }
        let mut codes = HashSet::new();
        for (index, line) in self.lines.iter().enumerate() {
            if !codes.insert(line.code.as_str()) {
                let problem = format!("the code {:?} is used by an earlier line", line.code);
                return Err(at.wrong(&format!("line[{index}].code"), &problem, "give every line a code of its own"));
            }
        }
        let of_the_plant = self.opcua.as_ref().is_some_and(|opcua| !opcua.alarms.is_empty());
        if self.opcua.is_some() && !of_the_plant && !self.lines.iter().any(LineSection::is_bound) {
            let problem = "no line binds a node of the OPC UA server";
            return Err(at.wrong("opcua", problem, "add [line.state] with kind and node, or remove [opcua]"));
        }
        let mut sources: HashSet<&str> = self.opcua.iter().map(|opcua| opcua.code.as_str()).collect();
        for (index, system) in self.systems.iter().enumerate() {
            if !sources.insert(&system.code) {
                let problem = "the code is that of another source too";
                let key = format!("system[{index}].code");
                return Err(at.wrong(&key, problem, "give every source a code of its own"));
            }
            let unknown = system.line_by_location.iter().find(|(_, code)| !codes.contains(code.as_str()));
            if let Some((location, code)) = unknown {
                let problem = format!("there is no line {code:?}");
                let key = format!("system[{index}].line_by_location.{location}");
                return Err(at.wrong(&key, &problem, "write the code of a [[line]] of this file"));
            }
        }
        Ok(())
    }

    /// The plant, its lines and its sources, as the store installs them.
    pub fn definition(&self) -> PlantDefinition {
        let reports = self.opcua.as_ref().map(|section| section.code.as_str());
        let floor = self.opcua.iter().map(|section| SourceDefinition {
            code: section.code.clone(),
            name: section.name.clone(),
            kind: SourceKind::OpcUa,
            manifest: None,
            actions: Vec::new(),
        });
        PlantDefinition {
            enterprise_code: self.plant.enterprise_code.clone(),
            enterprise_name: self.plant.enterprise_name.clone(),
            code: self.plant.code.clone(),
            name: self.plant.name.clone(),
            time_zone: self.plant.time_zone.clone(),
            tolerances: self.tolerances.clone(),
            lines: self.lines.iter().map(|line| line.definition(reports)).collect(),
            sources: floor.chain(self.systems.iter().map(SystemSection::definition)).collect(),
        }
    }
}

/// Where a plant file comes from, for messages and relative paths.
struct Context {
    file: String,
    folder: PathBuf,
}

impl Context {
    /// A key whose value can not stand.
    fn wrong(&self, key: &str, problem: &str, remedy: &str) -> Error {
        Error::PlantFile {
            file: self.file.clone(),
            key: key.to_owned(),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        }
    }

    /// A node that can not be bound.
    fn unbound(&self, key: &str, problem: &str, remedy: &str) -> Error {
        Error::Binding {
            file: self.file.clone(),
            key: key.to_owned(),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        }
    }

    /// TOML that does not read: the line and what is expected are in the message of the reader.
    fn unreadable(&self, key: &str, error: &toml::de::Error) -> Error {
        let key = if matches!(key, "" | ".") { "the file" } else { key };
        self.wrong(key, error.to_string().trim_end(), "docs/problems/PLANT_FILE_INVALID.md tells how to check a file")
    }

    /// A path of the file, seen from the working folder.
    fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
}

#[cfg(test)]
mod tests;

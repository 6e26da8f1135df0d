//! What a plant file says of a plant.

use std::{collections::HashSet, time::Duration};

use model::SourceKind;

use crate::{commands::Action, error::Error, truth::Tolerance};

/// A plant.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantDefinition {
    /// Natural key of the enterprise.
    pub enterprise_code: String,
    /// Its name.
    pub enterprise_name: String,
    /// Natural key of the plant.
    pub code: String,
    /// Its name.
    pub name: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Its lines.
    pub lines: Vec<LineDefinition>,
    /// Its source systems.
    pub sources: Vec<SourceDefinition>,
    /// How long pairs of its systems may differ, where that is not what the rules say.
    pub tolerances: Vec<Tolerance>,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct LineDefinition {
    /// Code, unique in the plant.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Code of its area, unique in the plant.
    pub area_code: String,
    /// Name of its area.
    pub area_name: String,
    /// Code and name of its work units.
    pub work_units: Vec<(String, String)>,
    /// How long it may be down before a case opens.
    pub downtime_threshold: Duration,
    /// How long the owner has to acknowledge before the case escalates.
    pub acknowledge_within: Duration,
    /// How long it must run before a case may close.
    pub verify_for: Duration,
    /// Its parameters.
    pub parameters: Vec<ParameterDefinition>,
    /// Codes of the sources that report it.
    pub sources: Vec<String>,
}

/// A parameter of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterDefinition {
    /// Name, unique in the line.
    pub name: String,
    /// Unit (UCUM).
    pub unit: String,
    /// Low limit.
    pub low: Option<f64>,
    /// High limit.
    pub high: Option<f64>,
}

/// A source system.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceDefinition {
    /// Code, unique in the plant.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Kind.
    pub kind: SourceKind,
    /// Name and version of the manifest that it is read with.
    pub manifest: Option<String>,
    /// What it can be told to do.
    pub actions: Vec<Action>,
}

impl PlantDefinition {
    /// Checks what the form of a file can not.
    ///
    /// # Errors
    /// [`Error::PlantInvalid`] with the field and what to write instead.
    pub fn check(&self) -> Result<(), Error> {
        for (field, value) in
            [("plant.code", &self.code), ("plant.name", &self.name), ("enterprise.code", &self.enterprise_code)]
        {
            if value.trim().is_empty() {
                return Err(invalid(field, "is empty; write a code such as \"HAMBURG\"".into()));
            }
        }
        unique("lines", self.lines.iter().map(|line| line.code.as_str()))?;
        unique("sources", self.sources.iter().map(|source| source.code.as_str()))?;
        let sources: HashSet<_> = self.sources.iter().map(|source| source.code.as_str()).collect();
        for line in &self.lines {
            line.check(&sources)?;
        }
        Ok(())
    }
}

impl LineDefinition {
    fn check(&self, sources: &HashSet<&str>) -> Result<(), Error> {
        let field = format!("lines.{}", self.code);
        unique(&format!("{field}.work_units"), self.work_units.iter().map(|(code, _)| code.as_str()))?;
        unique(&format!("{field}.parameters"), self.parameters.iter().map(|parameter| parameter.name.as_str()))?;
        for parameter in &self.parameters {
            if let (Some(low), Some(high)) = (parameter.low, parameter.high)
                && low >= high
            {
                return Err(invalid(
                    &format!("{field}.parameters.{}", parameter.name),
                    format!("the low limit {low} is not below the high limit {high}"),
                ));
            }
        }
        match self.sources.iter().find(|source| !sources.contains(source.as_str())) {
            Some(unknown) => {
                Err(invalid(&field, format!("names the source '{unknown}', which the plant does not declare")))
            }
            None => Ok(()),
        }
    }
}

fn unique<'a>(field: &str, codes: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for code in codes {
        if code.trim().is_empty() {
            return Err(invalid(field, "a code is empty; write one such as \"L1\"".into()));
        }
        if !seen.insert(code) {
            return Err(invalid(field, format!("'{code}' stands there twice; codes are unique")));
        }
    }
    Ok(())
}

fn invalid(field: &str, problem: String) -> Error {
    Error::PlantInvalid { field: field.to_owned(), problem }
}

//! `plantgraph check-config`.

use std::fmt::Write as _;

use clap::Args;
use connectors::{mapping::example, plant_file::PlantFile};

use super::print;
use crate::{
    config::{Config, Loaded},
    error::Error,
};

/// Show the effective configuration, without secrets, and check the plant files.
///
/// Prints the result of the default file, your file and the environment as TOML, and names what is not a default. Reads the
/// manifests that the plant files name, runs the test vectors of their crosswalks and the examples of their streams. Ends with
/// exit code 3 when a setting, a plant file or a manifest is wrong. Starts nothing and connects to nothing.
#[derive(Debug, Args)]
pub struct CheckConfig {}

impl CheckConfig {
    pub(super) fn run(&self, loaded: &Loaded) -> Result<(), Error> {
        print(&describe(loaded))?;
        let plants = check_plants(&loaded.config)?;
        print(&plants)
    }
}

fn describe(loaded: &Loaded) -> String {
    let mut text = String::from("# Effective configuration\n");
    for (key, origin) in loaded.overrides() {
        writeln!(text, "# {key}: from {origin}").expect("writing to a string does not fail");
    }
    for warning in loaded.config.warnings() {
        writeln!(text, "# warning: {warning}").expect("writing to a string does not fail");
    }
    let settings = toml::to_string(&loaded.config).expect("every setting has a form in TOML, proved by a test");
    text + "\n" + &settings
}

/// Reads every plant file, so that one run shows all that is wrong.
fn check_plants(config: &Config) -> Result<String, Error> {
    let mut text = String::new();
    let mut failure = None;
    for path in &config.plants.files {
        match PlantFile::load(path).and_then(|file| check_systems(&file).map(|systems| (file, systems))) {
            Ok((file, systems)) => {
                let lines = file.lines.len();
                writeln!(text, "# {}: plant {}, {lines} lines{systems}", path.display(), file.plant.code)
            }
            Err(error) => {
                let described = writeln!(text, "# {}: {}", path.display(), crate::error::chain(&error));
                failure.get_or_insert(error);
                described
            }
        }
        .expect("writing to a string does not fail");
    }
    match failure {
        None => Ok(text),
        Some(error) => {
            print(&text)?;
            Err(Error::Connector(error))
        }
    }
}

/// Runs what the manifests of a plant file bring along to be tested by, and says what there is.
fn check_systems(file: &PlantFile) -> Result<String, connectors::Error> {
    let mut text = String::new();
    for section in &file.systems {
        let manifest = &section.manifest;
        manifest.check_crosswalks()?;
        let deviations = example::run(section)?;
        if let Some(deviation) = deviations.first() {
            return Err(connectors::Error::Manifest {
                file: manifest.file.clone(),
                line: None,
                key: format!("streams.{}.examples[{}]", deviation.stream, deviation.example),
                problem: deviation.what.clone(),
                remedy: format!("correct the mapping or the example; {} examples do not hold", deviations.len()),
            });
        }
        let about = manifest.about.as_deref().unwrap_or(&manifest.version);
        write!(text, "\n#   {}: {} ({about})", section.code, manifest.system.word()).expect("writing to a string");
    }
    Ok(text)
}

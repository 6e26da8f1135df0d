//! `plantgraph check-config`.

use std::fmt::Write as _;

use clap::Args;
use connectors::plant_file::PlantFile;

use super::print;
use crate::{
    config::{Config, Loaded},
    error::Error,
};

/// Show the effective configuration, without secrets, and check the plant files.
///
/// Prints the result of the default file, your file and the environment as TOML, and names what is not a default. Ends
/// with exit code 3 when a setting or a plant file is wrong. Starts nothing and connects to nothing.
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
        match PlantFile::load(path) {
            Ok(file) => {
                let lines = file.lines.len();
                writeln!(text, "# {}: plant {}, {lines} lines", path.display(), file.plant.code)
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

//! Plants by configuration: enterprise, plant, areas, lines, work units, parameters and sources, put into the twin.

mod definition;
mod install;

pub use definition::{LineDefinition, ParameterDefinition, PlantDefinition, SourceDefinition};
pub use install::{Installed, install};

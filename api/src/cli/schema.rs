//! `plantgraph schema`.

use std::path::PathBuf;

use clap::Args;

use super::print;
use crate::error::Error;

/// Print the GraphQL schema (SDL with its federation directives).
///
/// `schema.graphql` of the source is this output; a test proves that it is current.
#[derive(Debug, Args)]
pub struct Schema {
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Schema {
    pub(super) fn run(self) -> Result<(), Error> {
        let sdl = resolvers::sdl(&resolvers::schema(None));
        match self.output {
            None => print(&sdl),
            Some(file) => {
                let doing = format!("write {}", file.display());
                std::fs::write(file, sdl).map_err(|source| Error::System { doing, source })
            }
        }
    }
}

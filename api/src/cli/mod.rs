//! The command line. Each command in its own file.

mod audit;
mod check_config;
mod database;
mod demo;
mod migrate;
mod opcua;
mod schema;
mod serve;
mod sync;
mod token;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{
    config::{Loaded, Sources},
    error::Error,
};

/// What `--help` says after the commands.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something failed; the message says what
  2  the command line is wrong
  3  the configuration or a plant file is wrong
  4  the database does not answer or does not suit
  5  the journal does not verify
  6  stopped before everything had finished (second Ctrl-C, or server.shutdown_deadline passed)

Every setting, with its default and meaning, is in api/src/config.default.toml of the source.
To begin: plantgraph demo";

/// Sees what happens in plants as it happens, and runs exceptions as decided, verified and closed cases.
#[derive(Debug, Parser)]
#[command(name = "plantgraph", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// File with the settings that differ from the defaults (TOML)
    #[arg(long, value_name = "FILE", env = "PLANTGRAPH_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a simulated plant with its twin: nothing to install, nothing to configure
    Demo(demo::Demo),
    /// Serve the twin of the configured plants
    Serve(serve::Serve),
    /// Bring the schema of the database up to date
    Migrate(migrate::Migrate),
    /// Print the GraphQL schema
    Schema(schema::Schema),
    /// Show the effective configuration, without secrets, and check the plant files
    CheckConfig(check_config::CheckConfig),
    /// Print a token for trying things out, signed with the development key of this machine
    Token(token::Token),
    /// Look at what the systems of a plant say
    #[command(subcommand)]
    Sync(sync::Sync),
    /// Check the journal
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Look at the OPC UA server of a plant
    #[command(subcommand)]
    Opcua(opcua::OpcUa),
}

impl Cli {
    /// Runs the command.
    pub async fn run(self) -> Result<(), Error> {
        let loaded = Loaded::read(&Sources::process(self.config))?;
        match self.command {
            Command::Demo(demo) => demo.run(loaded).await,
            Command::Serve(serve) => serve.run(loaded).await,
            Command::Schema(schema) => schema.run(),
            Command::Migrate(migrate) => migrate.run(loaded).await,
            Command::CheckConfig(check) => check.run(&loaded),
            Command::Token(token) => token.run(&loaded.config),
            Command::Sync(sync) => sync.run().await,
            Command::Audit(audit) => audit.run(loaded).await,
            Command::Opcua(opcua) => opcua.run().await,
        }
    }
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> Result<(), Error> {
    use std::io::Write;

    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::System { doing: "write to standard output".to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_every_command_and_exit_code() {
        let help = Cli::command().render_help().to_string();
        for part in [
            "demo",
            "serve",
            "migrate",
            "schema",
            "check-config",
            "token",
            "sync",
            "audit",
            "opcua",
            "Exit codes:",
            "  6  stopped",
        ] {
            assert!(help.contains(part), "{part} is missing in:\n{help}");
        }
    }
}

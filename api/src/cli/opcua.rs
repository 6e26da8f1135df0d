//! `plantgraph opcua`.

use std::{io, path::PathBuf, sync::Arc};

use clap::{Args, Subcommand, ValueEnum};
use connectors::{
    opcua::{BrowseRequest, browse},
    plant_file::{Identity, SecretSource, Security},
};
use model::clock::SystemClock;
use tokio_util::task::TaskTracker;

use super::print;
use crate::error::Error;

/// What can be done with an OPC UA server by hand. Nothing here writes to it.
#[derive(Debug, Subcommand)]
pub enum OpcUa {
    /// Look at a server and propose a plant file
    Browse(Browse),
}

/// Look at a server and propose a plant file.
///
/// Finds lines by the types of the server's objects (PackML, Machinery, ISA-95 job control; subtypes and AddIns too), then
/// by names that people use. Prints a complete plant file, in which everything that is not sure is a comment. Read it before
/// you use it. Looks at 50,000 nodes, 16 levels and two minutes at most.
///
/// The first contact with a secured server is refused; the message says how to trust it.
#[derive(Debug, Args)]
pub struct Browse {
    /// Address of the server: opc.tcp://host:port/path
    #[arg(value_name = "URL", value_parser = parse_url)]
    url: String,
    /// How messages are protected
    #[arg(long, value_enum, default_value = "basic256sha256")]
    security: SecurityChoice,
    /// User name; without it nobody in particular
    #[arg(long, value_name = "NAME", requires = "password")]
    user: Option<String>,
    /// Environment variable that holds the password
    #[arg(long, value_name = "VARIABLE", group = "password", requires = "user")]
    password_env: Option<String>,
    /// File that holds the password
    #[arg(long, value_name = "FILE", group = "password", requires = "user")]
    password_file: Option<PathBuf>,
    /// Folder with our keys and the servers that you trust
    #[arg(long, value_name = "FOLDER", default_value = "pki")]
    pki: PathBuf,
    /// Host that the server's certificate is made for, where it is not that of the address
    #[arg(long, value_name = "HOST")]
    certificate_host: Option<String>,
    /// Write the plant file here instead of printing it; a file that exists is not replaced
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// [`Security`], as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SecurityChoice {
    /// Not at all
    None,
    /// Signed and encrypted
    Basic256sha256,
}

impl OpcUa {
    pub(super) async fn run(self) -> Result<(), Error> {
        let Self::Browse(command) = self;
        command.run().await
    }
}

impl Browse {
    async fn run(self) -> Result<(), Error> {
        // Known before a person waits for minutes.
        if let Some(file) = self.output.as_ref().filter(|file| file.exists()) {
            return Err(unwritten(file, io::ErrorKind::AlreadyExists.into()));
        }
        let output = self.output.clone();
        let proposed = browse(&self.request(), Arc::new(SystemClock), &TaskTracker::new()).await?;
        let summary = format!("looked at {} nodes, found {} lines", proposed.nodes, proposed.lines);
        match output {
            None => print(&proposed.text)?,
            Some(file) => {
                let created = std::fs::File::create_new(&file);
                let written = created.and_then(|mut open| io::Write::write_all(&mut open, proposed.text.as_bytes()));
                written.map_err(|source| unwritten(&file, source))?;
                print(&format!("{}\nread it, then: plantgraph check-config\n", file.display()))?;
            }
        }
        eprintln!("{summary}");
        if let Some(why) = proposed.cut_short {
            eprintln!("note: this is not everything: {why}");
        }
        Ok(())
    }

    fn request(self) -> BrowseRequest {
        let password = self.password_env.map(SecretSource::Env).or(self.password_file.map(SecretSource::File));
        let identity = match self.user.zip(password) {
            Some((name, password)) => Identity::User { name, password },
            None => Identity::Anonymous,
        };
        let security = match self.security {
            SecurityChoice::None => Security::None,
            SecurityChoice::Basic256sha256 => Security::Basic256Sha256,
        };
        BrowseRequest { url: self.url, security, certificate_host: self.certificate_host, identity, pki: self.pki }
    }
}

fn unwritten(file: &std::path::Path, source: io::Error) -> Error {
    Error::System { doing: format!("write {}", file.display()), source }
}

fn parse_url(text: &str) -> Result<String, &'static str> {
    let usable = text.strip_prefix("opc.tcp://").is_some_and(|rest| !rest.is_empty());
    let plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
    (usable && plain).then(|| text.to_owned()).ok_or("write opc.tcp://host:port")
}

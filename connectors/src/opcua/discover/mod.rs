//! Looks at a server that nobody described yet, and proposes a plant file for it.
//!
//! Types say more than names: PackML (OPC 30050), Machinery (OPC 40001) and ISA-95 job control (OPC 10031-4) are found by
//! the types of their objects, subtypes of vendors included, or as AddIns. Names that people use come second.

mod find;
mod names;
mod propose;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use std::path::PathBuf;

use model::clock::SharedClock;
use tokio_util::task::TaskTracker;

use self::{propose::Proposal, tree::Tree, walk::Walker};
use super::{OpcUaConfig, visit::visit};
use crate::{
    Error,
    plant_file::{Identity, PlantFile, Security},
};

/// Which server to look at, and as whom.
#[derive(Clone, Debug)]
pub struct BrowseRequest {
    /// `opc.tcp://host:port/path`.
    pub url: String,
    /// How messages are protected.
    pub security: Security,
    /// The host that the server's certificate must be made for, where it is not that of the URL.
    pub certificate_host: Option<String>,
    /// Who we are.
    pub identity: Identity,
    /// The folder with `own`, `private`, `trusted` and `rejected`.
    pub pki: PathBuf,
}

/// A plant file for a server, with how much of the server it is about.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// The plant file, commented. [`PlantFile::parse`] takes it.
    pub text: String,
    /// Nodes that were looked at.
    pub nodes: usize,
    /// Lines that were found.
    pub lines: usize,
    /// Why not everything was looked at.
    pub cut_short: Option<String>,
}

/// Browses a server, within bounds of nodes, depth and time, and proposes a plant file.
///
/// # Errors
/// What a connection can fail with, each with what to do: [`Error::Unreachable`], [`Error::Refused`],
/// [`Error::Untrusted`], [`Error::Pki`], [`Error::Secret`]. [`Error::PlantFile`] when the proposal would not be valid, which
/// is a fault of ours.
pub async fn browse(request: &BrowseRequest, clock: SharedClock, tracker: &TaskTracker) -> Result<Proposed, Error> {
    let config = OpcUaConfig::visiting(request);
    let tree = visit(config, clock, tracker, async |services| {
        let walker = Walker::new(&services).await?;
        let mut tree = walker.tree().await?;
        let (lines, _) = find::lines(&tree);
        let wanted = find::wanted(&tree, &lines);
        walker.read_values(&mut tree, wanted).await?;
        Ok(tree)
    });
    proposed(&tree.await?, request)
}

fn proposed(tree: &Tree, request: &BrowseRequest) -> Result<Proposed, Error> {
    let (lines, more) = find::lines(tree);
    let text = Proposal::new(tree, request).write(&lines, more);
    PlantFile::parse(&text)?;
    Ok(Proposed { text, nodes: tree.nodes.len(), lines: lines.len(), cut_short: tree.cut_short.clone() })
}

//! `plantgraph sync`.

use std::{path::PathBuf, sync::Arc};

use clap::{Args, Subcommand};
use connectors::{
    erp::{Source, dry_run},
    plant_file::{PlantFile, SystemSection},
    system,
};
use model::clock::SystemClock;
use workflow::sync::{Body, Page, Record};

use super::print;
use crate::{error::Error, token};

/// Rows of one stream that are read for a preview, unless more are asked for.
const ROWS: usize = 20;
/// The most: a preview is read by a person.
const ROWS_MAX: usize = 10_000;

/// Look at what the systems of a plant say.
#[derive(Debug, Subcommand)]
pub enum Sync {
    /// Read a system and show what would come of its rows; nothing is stored
    Preview(Preview),
}

/// Read a system and show what would come of its rows; nothing is stored.
///
/// Reads the first rows of each stream of a [[system]] of a plant file, by its manifest, and prints one line for each: its key,
/// when it changed, and the canonical value of every attribute. What can not be read and what no crosswalk lists is marked with
/// an exclamation mark. Needs no database.
#[derive(Debug, Args)]
pub struct Preview {
    /// The plant file with the [[system]]
    #[arg(long, value_name = "FILE")]
    plant_file: PathBuf,
    /// The code of the system
    #[arg(long, value_name = "CODE")]
    system: String,
    /// Only this stream
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
    /// Rows of each stream
    #[arg(long, default_value_t = ROWS)]
    rows: usize,
    /// Show each row as the system sent it, too
    #[arg(long)]
    raw: bool,
}

impl Sync {
    pub(super) async fn run(self) -> Result<(), Error> {
        match self {
            Self::Preview(preview) => preview.run().await,
        }
    }
}

impl Preview {
    async fn run(self) -> Result<(), Error> {
        token::install_cryptography();
        let file = PlantFile::load(&self.plant_file)?;
        let section = self.section(&file)?;
        let mut source = system::open(section, Arc::new(SystemClock))?;
        let mut failure = None;
        for stream in source.streams() {
            if self.stream.as_ref().is_some_and(|wanted| *wanted != stream) {
                continue;
            }
            print(&format!("\n# {stream}\n"))?;
            match dry_run(&mut source, &stream, self.rows.min(ROWS_MAX)).await {
                Ok(pages) => print(&self.show(&pages))?,
                Err(error) => {
                    print(&format!("! {}\n", crate::error::chain(&error)))?;
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(()), |error| Err(Error::Connector(error)))
    }

    fn section<'a>(&self, file: &'a PlantFile) -> Result<&'a SystemSection, Error> {
        let wrong = |problem: String, remedy: String| {
            let file = self.plant_file.display().to_string();
            Err(Error::Connector(connectors::Error::PlantFile { file, key: "system".to_owned(), problem, remedy }))
        };
        let known = || file.systems.iter().map(|section| section.code.as_str()).collect::<Vec<_>>().join(", ");
        let Some(section) = file.systems.iter().find(|section| section.code == self.system) else {
            return wrong(format!("there is no system {:?}", self.system), format!("name one of {}", known()));
        };
        match &self.stream {
            Some(stream) if !section.manifest.streams.is_empty() && !section.manifest.streams.contains_key(stream) => {
                let known: Vec<_> = section.manifest.streams.keys().map(String::as_str).collect();
                wrong(format!("there is no stream {stream:?}"), format!("name one of {}", known.join(", ")))
            }
            _ => Ok(section),
        }
    }

    fn show(&self, pages: &[Page]) -> String {
        let mut text = String::new();
        let records = pages.iter().flat_map(|page| &page.records).take(self.rows);
        for record in records {
            text.push_str(&line(record));
            if self.raw {
                text.push_str(&format!("    {}\n", record.raw));
            }
        }
        let count: usize = pages.iter().map(|page| page.records.len()).sum();
        let more = if pages.last().is_some_and(|page| page.complete) { "" } else { ", and there are more" };
        text + &format!("# {count} records{more}\n")
    }
}

/// A record in one line. What would become a dead letter is marked.
fn line(record: &Record) -> String {
    let changed = record.source_time.map(|time| time.to_rfc3339()).unwrap_or_else(|| "-".to_owned());
    let head = format!("{} {} {changed}", record.external_model, record.external_id);
    match &record.body {
        Body::Unreadable { problem } => format!("! {head} can not be read: {problem}\n"),
        Body::Deleted => format!("  {head} is gone\n"),
        Body::Says(statement) => {
            let wrong = statement.attributes.values().any(|assertion| assertion.canonical.is_err());
            let mark = if wrong { '!' } else { ' ' };
            let attributes: Vec<_> = statement
                .attributes
                .iter()
                .map(|(name, assertion)| match &assertion.canonical {
                    Ok(Some(value)) => format!("{name}={value}"),
                    Ok(None) => format!("{name}="),
                    Err(problem) => format!("{name}=!{problem:?}"),
                })
                .collect();
            format!("{mark} {head} {} {}\n", statement.kind, attributes.join(" "))
        }
    }
}

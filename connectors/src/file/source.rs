//! The files of a folder as a source.

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use workflow::sync::{Page, Sweep};

use super::{
    cursor::{Cursor, Place},
    folder::{End, Folder, STABLE_AFTER},
    items::items,
    manifest::{Mode, Read, System},
    open::Open,
};
use crate::{
    Error, b2mml,
    erp::Source,
    manifest::{self, Manifest, Pause},
    mapping::Mapping,
    plant_file::SystemSection,
};

/// The files of one folder.
pub struct FileSource {
    url: String,
    streams: Vec<Stream>,
}

/// Some of the files, read as one stream.
struct Stream {
    name: String,
    /// The kind of record.
    model: String,
    read: Read,
    /// What a row means; B2MML says it itself.
    mapping: Option<Mapping>,
    version: String,
    /// The share of the known records that a snapshot may lack.
    max_ratio: f64,
    pause: Pause,
    folder: Folder,
    open: Option<Open>,
}

/// The share of the known records that a snapshot may lack when the manifest does not say.
const MAX_RATIO: f64 = 0.02;

impl FileSource {
    /// The folder of a plant file, and what its manifest reads there. Nothing is opened yet.
    ///
    /// # Errors
    /// [`Error::PlantFile`] when an option is unusable, [`Error::Crosswalk`].
    pub fn new(_: &System, manifest: &Manifest, section: &SystemSection) -> Result<Self, Error> {
        let folder = folder_of(&section.url);
        let mut streams = Vec::new();
        for (name, stream) in &manifest.streams {
            let manifest::Read::File(read) = &stream.read else { continue };
            let mapping = Mapping::new(manifest, &stream.common, section)?;
            streams.push(Stream {
                name: name.clone(),
                model: mapping.model().to_owned(),
                read: read.clone(),
                version: mapping.version().to_owned(),
                mapping: Some(mapping),
                max_ratio: stream.common.deletes.key_sweep.as_ref().map_or(MAX_RATIO, |sweep| sweep.max_ratio),
                pause: stream.common.pause.clone(),
                folder: Folder::new(folder.clone(), STABLE_AFTER),
                open: None,
            });
        }
        Ok(Self { url: section.url.clone(), streams })
    }

    /// The messages of B2MML in the folder of a plant file.
    pub fn b2mml(system: &b2mml::System, section: &SystemSection) -> Self {
        let reading = b2mml::Reading { line_by_location: section.line_by_location.clone() };
        let stream = Stream {
            name: "b2mml".to_owned(),
            model: "message".to_owned(),
            read: Read::b2mml(&system.files, reading),
            mapping: None,
            version: b2mml::MAPPING.to_owned(),
            max_ratio: MAX_RATIO,
            pause: Pause::default(),
            folder: Folder::new(folder_of(&section.url), STABLE_AFTER),
            open: None,
        };
        Self { url: section.url.clone(), streams: vec![stream] }
    }
}

impl Stream {
    async fn page(&mut self, cursor: Option<&str>) -> Result<Page, Error> {
        let cursor = Cursor::restore(cursor, &self.version);
        match cursor.file.clone() {
            Some(place) if place.ended => self.finish(&place).await?,
            Some(place) => {
                let goes_on = self.resume(&place).await?;
                if goes_on {
                    return self.part(cursor, place.row).await;
                }
            }
            None => {}
        }
        for name in self.folder.look(&self.read.files).await? {
            self.folder.take(&name).await?;
            let Some(open) = self.read(&name).await? else { continue };
            if open.content.is_ok() && cursor.knows(&open.sum, self.read.mode == Mode::Full) {
                tracing::info!(stream = self.name, file = name, "the same content was read before");
                self.folder.end(&name, &open.sum, End::Done, None).await?;
                continue;
            }
            self.open = Some(open);
            return self.part(cursor, 0).await;
        }
        Ok(self.of(Vec::new(), cursor, true, None))
    }

    /// Opens a file again, in the middle; `false` when it is not there any more, or is another one.
    async fn resume(&mut self, place: &Place) -> Result<bool, Error> {
        let is_open = |open: &Open| open.name == place.name && open.sum == place.sum;
        if !self.open.as_ref().is_some_and(is_open) {
            self.open = self.read(&place.name).await?;
        }
        let found = self.open.as_ref().is_some_and(is_open);
        if !found {
            tracing::warn!(stream = self.name, file = place.name, "the file is not what was begun: it is left");
            self.open = None;
        }
        Ok(found)
    }

    /// The next rows of the open file.
    async fn part(&mut self, cursor: Cursor, from: usize) -> Result<Page, Error> {
        let open = self.open.as_mut().expect("it was just opened");
        let part = open.part(from, self.read.page, &self.model, self.mapping.as_ref());
        let (name, readable, ended) = (open.name.clone(), open.content.is_ok(), part.place.ended);
        let keys = (ended && self.read.mode == Mode::Full).then(|| open.keys()).flatten();
        if ended && self.read.mode == Mode::Full && keys.is_none() {
            tracing::warn!(stream = self.name, file = name, "a row has no key: nothing counts as gone");
        }
        let sweep = keys.map(|keys| Sweep { external_model: self.model.clone(), keys, max_ratio: self.max_ratio });
        let waiting = self.folder.look(&self.read.files).await?.into_iter().any(|other| other != name);
        Ok(self.of(part.records, cursor.at(part.place, readable), ended && !waiting, sweep))
    }

    /// Moves a file whose last page is stored.
    async fn finish(&mut self, place: &Place) -> Result<(), Error> {
        let mut open = match self.open.take() {
            Some(open) if open.name == place.name && open.sum == place.sum => open,
            _ => match self.read(&place.name).await? {
                // Another file of that name is another file.
                Some(open) if open.sum == place.sum => open,
                _ => return Ok(()),
            },
        };
        let end = if open.content.is_ok() { End::Done } else { End::Error };
        let why = open.why(&self.model, self.mapping.as_ref());
        self.folder.end(&place.name, &place.sum, end, why.as_deref()).await
    }

    /// A taken file; `None` when somebody removed it.
    async fn read(&self, name: &str) -> Result<Option<Open>, Error> {
        let Some(content) = self.folder.read(name, self.read.max_bytes).await? else { return Ok(None) };
        let open = match content {
            Ok(bytes) => {
                let decoded = self.read.encoding.decode(&bytes);
                Open::new(name.to_owned(), sum(&bytes), decoded.and_then(|text| items(&self.read.format, &text)))
            }
            Err(problem) => Open::new(name.to_owned(), sum(format!("{name} {problem}").as_bytes()), Err((1, problem))),
        };
        Ok(Some(open))
    }

    fn of(&self, records: Vec<workflow::sync::Record>, cursor: Cursor, complete: bool, sweep: Option<Sweep>) -> Page {
        Page {
            stream: self.name.clone(),
            records,
            cursor: Some(cursor.to_text()),
            mapping_version: self.version.clone(),
            complete,
            sweep,
        }
    }
}

impl Source for FileSource {
    fn streams(&self) -> Vec<String> {
        self.streams.iter().map(|stream| stream.name.clone()).collect()
    }

    fn pause(&self, stream: &str) -> Pause {
        self.streams.iter().find(|known| known.name == stream).map(|found| found.pause.clone()).unwrap_or_default()
    }

    async fn page(&mut self, stream: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let (url, operation) = (self.url.clone(), stream.to_owned());
        let found = self.streams.iter_mut().find(|known| known.name == stream);
        let problem = "the manifest has no such stream".to_owned();
        found.ok_or(Error::ErpRefused { url, operation, problem })?.page(cursor).await
    }
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder of a plant file's `url`.
pub(crate) fn folder_of(url: &str) -> PathBuf {
    let path = url.strip_prefix("file://").or_else(|| url.strip_prefix("file:")).unwrap_or(url);
    PathBuf::from(path)
}

/// A folder of its own for a test.
#[cfg(test)]
pub(crate) fn scratch() -> PathBuf {
    let path = std::env::temp_dir().join(format!("plantgraph-connectors-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[cfg(test)]
mod tests;

//! The views of a database as a source of records.

use serde_json::{Value, json};
use workflow::sync::{Page, Record, Sweep};

use super::{
    database::Login,
    manifest::{Read, System},
    views::{Rhythm, Views},
};
use crate::{
    Error,
    erp::Source,
    manifest::{self, Common, Manifest, Pause},
    mapping::Mapping,
    plant_file::SystemSection,
};

/// A database that is read through views.
pub struct SqlSource {
    views: Views,
    streams: Vec<Stream>,
}

struct Stream {
    name: String,
    read: Read,
    common: Common,
    mapping: Mapping,
    rhythm: Rhythm,
}

impl SqlSource {
    /// The database of a plant file. Nothing is opened yet.
    ///
    /// # Errors
    /// [`Error::ErpRefused`] when the URL is unusable, [`Error::PlantFile`] when an option is, [`Error::Crosswalk`].
    pub fn new(system: &System, manifest: &Manifest, section: &SystemSection) -> Result<Self, Error> {
        let views = Views::new(login(system, section)?)?;
        let mut streams = Vec::new();
        for (name, stream) in &manifest.streams {
            let manifest::Read::Sql(read) = &stream.read else { continue };
            let common = stream.common.clone();
            let rhythm = Rhythm {
                overlap: read.overlap.unwrap_or(section.overlap),
                every: common.every,
                sweep: common.deletes.key_sweep.as_ref().map(|sweep| sweep.every),
            };
            let mapping = Mapping::new(manifest, &common, section)?;
            streams.push(Stream { name: name.clone(), read: read.clone(), common, mapping, rhythm });
        }
        Ok(Self { views, streams })
    }

    fn position(&self, name: &str) -> Result<usize, Error> {
        let found = self.streams.iter().position(|stream| stream.name == name);
        found.ok_or_else(|| self.views.refused(name, "the manifest has no such stream"))
    }

    /// The stream whose records are gone when a row of this one comes.
    fn buried_by(&self, name: &str) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.common.deletes.tombstones.as_deref() == Some(name))
    }

    /// The records of rows, and the keys of the records of another stream that they touch.
    fn records(&self, index: usize, rows: Vec<Value>) -> (Vec<Record>, Vec<String>) {
        let Stream { name, mapping, .. } = &self.streams[index];
        let buried = self.buried_by(name);
        let (mut records, mut touched) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            for mapped in mapping.read_all(row.clone()) {
                records.extend(match (buried, mapped.key) {
                    (Some(buried), Some(key)) if !mapped.left_out => {
                        Some(buried.mapping.deleted(key, mapped.changed, row.clone()))
                    }
                    _ => mapped.record,
                });
                touched.extend(mapped.touched);
            }
        }
        touched.sort_unstable();
        touched.dedup();
        (records, touched)
    }

    /// The keys as the mapping makes them of the column.
    fn sweep(&self, index: usize, keys: Vec<String>) -> Option<Sweep> {
        let Stream { read, common, mapping, .. } = &self.streams[index];
        let sweep = common.deletes.key_sweep.as_ref()?;
        let key = |key: String| {
            let row = json!({ read.key.as_str(): key });
            mapping.key_of(&row).unwrap_or(key)
        };
        let keys = keys.into_iter().map(key).collect();
        Some(Sweep { external_model: mapping.model().to_owned(), keys, max_ratio: sweep.max_ratio })
    }
}

/// Where the database is.
pub(super) fn login(system: &System, section: &SystemSection) -> Result<Login, Error> {
    let password = system.password.as_deref().map(|name| section.secret(name).cloned()).transpose()?;
    Ok(Login { url: section.url.clone(), password })
}

impl Source for SqlSource {
    fn streams(&self) -> Vec<String> {
        self.streams.iter().map(|stream| stream.name.clone()).collect()
    }

    fn pause(&self, stream: &str) -> Pause {
        let found = self.streams.iter().find(|known| known.name == stream);
        found.map(|found| found.common.pause.clone()).unwrap_or_default()
    }

    async fn page(&mut self, stream: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let index = self.position(stream)?;
        let Stream { name, read, mapping, rhythm, .. } = &self.streams[index];
        let mapping_version = mapping.version().to_owned();
        let page = self.views.page(name, read, cursor, &mapping_version, *rhythm).await?;
        let (mut records, touched) = self.records(index, page.rows);
        if let Some(touch) = self.streams[index].common.touches.clone().filter(|_| !touched.is_empty()) {
            let other = self.position(&touch.stream)?;
            let rows = self.views.by_keys(&self.streams[other].name, &self.streams[other].read, touched).await?;
            records.extend(self.records(other, rows).0);
        }
        let sweep = page.keys.and_then(|keys| self.sweep(index, keys));
        let stream = self.streams[index].name.clone();
        Ok(Page { stream, records, cursor: Some(page.cursor), mapping_version, complete: page.complete, sweep })
    }
}

#[cfg(test)]
mod tests;

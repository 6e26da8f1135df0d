//! A system of JSON over HTTP as a source of records.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use indexmap::IndexMap;
use model::clock::SharedClock;
use serde_json::Value;
use workflow::sync::{Page, Record, Sweep};

use super::{
    client::{Answered, Client, Request, Trouble, fill},
    cursor::{Cursor, Pass, Place},
    manifest::{One, Read, System},
    pages::Listing,
};
use crate::{
    Error,
    erp::Source,
    json::Row,
    manifest::{self, Common, Manifest, Pause, Scope},
    mapping::{Mapped, Mapping, format},
    plant_file::SystemSection,
};

/// Keys of one look at all of them: as many as are compared in one transaction here. A larger stream is not swept.
const SWEEP_KEYS_MAX: usize = 1_000_000;
/// Pages of one look at all keys. With 500 keys each, all of the above, ten times.
const SWEEP_PAGES_MAX: usize = 20_000;
/// Records that the rows of one page may have read again. Each is a request of its own.
const TOUCHED_MAX: usize = 1_000;

/// A system of JSON over HTTP.
pub struct HttpJsonSource {
    client: Client,
    clock: SharedClock,
    overlap: Duration,
    streams: IndexMap<String, Stream>,
    /// Of a stream of tombstones, the stream whose records it buries.
    buries: BTreeMap<String, String>,
    /// When the last pass of each stream ended. Not in the cursor, which stays the same while nothing changes: so a quiet
    /// system costs no writes.
    passed: BTreeMap<String, DateTime<Utc>>,
}

struct Stream {
    read: Read,
    common: Common,
    mapping: Mapping,
}

impl HttpJsonSource {
    /// The system of a plant file. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::ErpUnreachable`] when the URL is unusable, [`Error::PlantFile`] when an option is, [`Error::Crosswalk`].
    pub fn new(
        system: &System,
        manifest: &Manifest,
        section: &SystemSection,
        clock: SharedClock,
    ) -> Result<Self, Error> {
        let mut streams = IndexMap::new();
        let mut buries = BTreeMap::new();
        for (name, stream) in &manifest.streams {
            let manifest::Read::HttpJson(read) = &stream.read else { continue };
            let mapping = Mapping::new(manifest, &stream.common, section)?;
            if let Some(grave) = &stream.common.deletes.tombstones {
                buries.insert(grave.clone(), name.clone());
            }
            streams.insert(name.clone(), Stream { read: read.clone(), common: stream.common.clone(), mapping });
        }
        Ok(Self {
            client: Client::new(system, section)?,
            clock,
            overlap: section.overlap,
            streams,
            buries,
            passed: BTreeMap::new(),
        })
    }

    fn stream(&self, name: &str) -> Result<&Stream, Error> {
        self.streams.get(name).ok_or_else(|| self.client.http().refused(name, "there is no such stream"))
    }

    /// The next page of the pass.
    async fn next(&mut self, name: &str, mut cursor: Cursor) -> Result<Page, Error> {
        let stream = self.stream(name)?;
        let overlap = stream.common.incremental.as_ref().and_then(|incremental| incremental.overlap);
        let only_points = stream.common.touches.is_some() || self.buries.contains_key(name);
        if only_points && cursor.is_new() && stream.common.incremental.is_some() {
            // What these rows point to is read whole by its own stream: only what comes from now on is of interest.
            cursor.start_at(self.clock.now());
        }
        let mut pass = cursor.pass(overlap.unwrap_or(self.overlap));
        if stream.common.incremental.is_none() {
            pass.since = None;
        }
        let request = self.request(stream, &pass)?;
        let path = path(&stream.read.rows);
        let answered = match self.client.rows(name, &request, &path).await {
            Ok(answered) => answered,
            Err(Trouble::PlaceForgotten(error)) if pass.place != Place::Start => {
                tracing::warn!(stream = name, %error, "the system does not know the page any more: the pass begins again");
                return match cursor.restart() {
                    Ok(()) => Ok(self.made(name, Vec::new(), &cursor, false)),
                    Err(()) => Err(error),
                };
            }
            Err(Trouble::PlaceForgotten(error) | Trouble::Error(error)) => return Err(error),
        };
        if pass.began.is_none() {
            pass.began = answered.sent_at;
        }
        let stream = self.stream(name)?;
        let listing = Listing::of(&stream.read, &stream.common.key);
        let next = listing
            .next(&pass.place, &answered, &self.client.names())
            .map_err(|problem| self.client.http().unreadable(name, problem))?;
        let (records, newest) = self.records(name, answered.rows.rows).await?;
        let now = self.clock.now();
        let ended = next.is_none();
        let since_last = self.passed.get(name).map_or(TimeDelta::zero(), |passed| now - *passed);
        cursor
            .advance(pass, newest, next, since_last)
            .map_err(|problem| self.client.http().unreadable(name, problem))?;
        if ended {
            self.passed.insert(name.to_owned(), now);
            cursor.sweeps = self.is_sweep_due(name, &mut cursor, now)?;
        }
        let complete = ended && !cursor.sweeps;
        Ok(self.made(name, records, &cursor, complete))
    }

    fn made(&self, name: &str, records: Vec<Record>, cursor: &Cursor, complete: bool) -> Page {
        let mapping_version = self.streams[name].mapping.version().to_owned();
        Page {
            stream: name.to_owned(),
            records,
            cursor: Some(cursor.to_text()),
            mapping_version,
            complete,
            sweep: None,
        }
    }

    fn request(&self, stream: &Stream, pass: &Pass) -> Result<Request, Error> {
        if let Place::Link(link) = &pass.place {
            let read = &stream.read;
            let method = if read.get.is_some() { reqwest::Method::GET } else { reqwest::Method::POST };
            return Ok(Request { method, reference: link.clone(), headers: Vec::new(), body: None });
        }
        let Read { get, post, query, body, .. } = &stream.read;
        let listing = Listing::of(&stream.read, &stream.common.key);
        let scope = listing.names(&pass.place, self.since(&stream.common, pass.since));
        fill((get, post), query, body, &scope).map_err(|problem| self.client.http().refused("a request", problem))
    }

    /// The names of a request for what changed.
    fn since(&self, common: &Common, since: Option<DateTime<Utc>>) -> Scope {
        let form = common.incremental.as_ref().map(|incremental| incremental.format).unwrap_or_default();
        let since = since.map_or(Value::Null, |since| format::time(form, since));
        self.client.names().with("since", since).with("now", format::time(form, self.clock.now()))
    }

    /// What the rows say, and the time of the newest.
    async fn records(&mut self, name: &str, rows: Vec<Row>) -> Result<(Vec<Record>, Option<DateTime<Utc>>), Error> {
        let (mut records, mut newest, mut touched) = (Vec::new(), None, BTreeSet::new());
        let stream = &self.streams[name];
        let buried = self.buries.get(name).map(|parent| &self.streams[parent].mapping);
        for row in rows {
            let row = match row {
                Row::Read(row) => row,
                Row::Unreadable { problem, fields, text } => {
                    let key = stream.mapping.key_of(&fields);
                    records.push(stream.mapping.unreadable(key.as_deref(), text, problem));
                    continue;
                }
            };
            for Mapped { key, changed, record, touched: pointed, left_out } in stream.mapping.read_all(row.clone()) {
                newest = newest.max(changed);
                touched.extend(pointed);
                records.extend(record);
                if let (Some(buried), Some(key), false) = (buried, key, left_out) {
                    records.push(buried.deleted(key, changed, row.clone()));
                }
            }
        }
        records.extend(self.read_again(name, touched).await?);
        Ok((records, newest))
    }

    /// The records of another stream that the rows of this one point to.
    async fn read_again(&mut self, name: &str, keys: BTreeSet<String>) -> Result<Vec<Record>, Error> {
        let Some(touch) = self.streams[name].common.touches.clone() else { return Ok(Vec::new()) };
        if keys.len() > TOUCHED_MAX {
            let problem = format!("a page points to more than {TOUCHED_MAX} records: make its limit smaller");
            return Err(self.client.http().unreadable(name, problem));
        }
        let parent = &touch.stream;
        let one = self.stream(parent)?.read.one.clone();
        let Some(one) = one else {
            return Err(self.client.http().refused(name, format!("the stream {parent} has no read.one")));
        };
        let mut records = Vec::new();
        for key in keys {
            let Some(row) = self.one(parent, &one, &key).await? else { continue };
            let mapped = self.streams[parent].mapping.read_all(row);
            records.extend(mapped.into_iter().filter_map(|mapped| mapped.record));
        }
        Ok(records)
    }

    async fn one(&mut self, name: &str, one: &One, key: &str) -> Result<Option<Value>, Error> {
        let scope = self.client.names().with("key", Value::from(key));
        let request = fill((&one.get, &one.post), &one.query, &one.body, &scope)
            .map_err(|problem| self.client.http().refused(name, problem))?;
        let Some(body) = self.client.one(name, &request).await? else { return Ok(None) };
        let row = one
            .row
            .value(&Scope::new().with("body", body))
            .map_err(|problem| self.client.http().unreadable(name, problem))?;
        Ok(match row {
            Value::Null => None,
            Value::Array(rows) => rows.into_iter().next(),
            row => Some(row),
        })
    }

    /// The first pass has just seen all keys: the first look at them comes when the time is over.
    fn is_sweep_due(&self, name: &str, cursor: &mut Cursor, now: DateTime<Utc>) -> Result<bool, Error> {
        let Some(sweep) = &self.stream(name)?.common.deletes.key_sweep else { return Ok(false) };
        let every = TimeDelta::from_std(sweep.every).unwrap_or(TimeDelta::MAX);
        Ok(match cursor.swept {
            None => {
                cursor.swept = Some(now);
                false
            }
            Some(swept) => now - swept >= every,
        })
    }

    /// A look at all keys.
    async fn sweep(&mut self, name: &str, mut cursor: Cursor) -> Result<Page, Error> {
        let stream = self.stream(name)?;
        let Some(section) = stream.common.deletes.key_sweep.clone() else {
            cursor.sweeps = false;
            return Ok(self.made(name, Vec::new(), &cursor, true));
        };
        let (read, common) = (stream.read.clone(), stream.common.clone());
        let mut keys = BTreeSet::new();
        let mut place = Place::Start;
        for page in 0.. {
            if page >= SWEEP_PAGES_MAX || keys.len() > SWEEP_KEYS_MAX {
                return Err(self.client.http().unreadable(name, format!("it has more than {SWEEP_KEYS_MAX} keys")));
            }
            let (answered, next) = self.keys_page(name, &read, &common, &place).await?;
            for row in &answered.rows.rows {
                let (Row::Read(row) | Row::Unreadable { fields: row, .. }) = row;
                let found = self.streams[name].mapping.keys_of(row);
                // A key that can not be read would look like a record that is gone.
                keys.extend(found.map_err(|problem| self.client.http().unreadable(name, problem))?);
            }
            match next {
                Some(next) if next == place => {
                    return Err(self.client.http().unreadable(name, "the pages of keys do not come to an end"));
                }
                Some(next) => place = next,
                None => break,
            }
        }
        cursor.sweeps = false;
        cursor.swept = Some(self.clock.now());
        let external_model = self.streams[name].mapping.model().to_owned();
        let sweep = Sweep { external_model, keys, max_ratio: section.max_ratio };
        Ok(Page { sweep: Some(sweep), ..self.made(name, Vec::new(), &cursor, true) })
    }

    async fn keys_page(
        &mut self,
        name: &str,
        read: &Read,
        common: &Common,
        place: &Place,
    ) -> Result<(Answered, Option<Place>), Error> {
        let listing = match &read.keys {
            Some(keys) => Listing::of_keys(keys, &common.key),
            None => Listing::of(read, &common.key),
        };
        let scope = listing.names(place, self.since(common, None));
        let request = match (place, &read.keys) {
            (Place::Link(link), _) => {
                Ok(Request { method: reqwest::Method::GET, reference: link.clone(), headers: Vec::new(), body: None })
            }
            (_, Some(keys)) => fill((&keys.get, &keys.post), &keys.query, &keys.body, &scope),
            (_, None) => fill((&read.get, &read.post), &read.query, &read.body, &scope),
        };
        let request = request.map_err(|problem| self.client.http().refused(name, problem))?;
        let rows = read.keys.as_ref().map_or(&read.rows, |keys| &keys.rows);
        let answered = match self.client.rows(name, &request, &path(rows)).await {
            Ok(answered) => answered,
            Err(Trouble::PlaceForgotten(error) | Trouble::Error(error)) => return Err(error),
        };
        let next = listing
            .next(place, &answered, &self.client.names())
            .map_err(|problem| self.client.http().unreadable(name, problem))?;
        Ok((answered, next))
    }
}

impl Source for HttpJsonSource {
    fn streams(&self) -> Vec<String> {
        self.streams.keys().cloned().collect()
    }

    fn pause(&self, stream: &str) -> Pause {
        self.streams.get(stream).map(|stream| stream.common.pause.clone()).unwrap_or_default()
    }

    async fn page(&mut self, name: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let stream = self.stream(name)?;
        let cursor = Cursor::restore(cursor, stream.mapping.version());
        if cursor.sweeps {
            return self.sweep(name, cursor).await;
        }
        let every = stream.common.every.and_then(|every| TimeDelta::from_std(every).ok());
        let early = every.zip(self.passed.get(name)).is_some_and(|(every, passed)| self.clock.now() - *passed < every);
        if early && !cursor.is_passing() {
            return Ok(self.made(name, Vec::new(), &cursor, true));
        }
        self.next(name, cursor).await
    }
}

/// The way to the rows, without its `body`.
fn path(rows: &manifest::Expression) -> Vec<String> {
    rows.path().map(|path| path[1..].to_vec()).unwrap_or_default()
}

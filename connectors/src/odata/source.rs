//! A system of OData as a source of records.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use workflow::sync::{Page, Record, Sweep};

use super::{
    client::Client,
    cursor::{Cursor, Pass, Seen},
    envelope::{self, Rows},
    literal::is_name,
    manifest::{Paging, Read, System},
    query,
    request::Request,
};
use crate::{
    Error,
    erp::Source,
    http,
    json::Row,
    manifest::{self, Common, Manifest, Scope},
    mapping::Mapping,
    plant_file::SystemSection,
};

/// Keys of one look at all of them: as many as are compared in one transaction here. A larger stream is not swept.
const SWEEP_KEYS_MAX: usize = 1_000_000;
/// Requests of one look at all keys.
const SWEEP_PAGES_MAX: usize = 20_000;

/// A system of OData.
pub struct OdataSource {
    client: Client,
    overlap: Duration,
    streams: Vec<Stream>,
    /// The keys of full passes that are under way. They are only worth something when the whole pass was seen.
    collected: BTreeMap<String, BTreeSet<String>>,
}

struct Stream {
    name: String,
    read: Read,
    common: Common,
    mapping: Mapping,
    request: Request,
}

/// A page before the mapping.
struct Fetched {
    rows: Rows,
    now: Option<DateTime<Utc>>,
}

impl OdataSource {
    /// The system of a plant file. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::ErpUnreachable`] when the URL is unusable, [`Error::PlantFile`] when an option is, [`Error::Crosswalk`].
    pub fn new(system: &System, manifest: &Manifest, section: &SystemSection) -> Result<Self, Error> {
        let client = Client::new(system, section)?;
        let mut streams = Vec::new();
        for (name, stream) in &manifest.streams {
            let manifest::Read::Odata(read) = &stream.read else { continue };
            let mapping = Mapping::new(manifest, &stream.common, section)?;
            let scope = Scope::new().with("option", section.options_json());
            let request = query::base(read, &scope).map_err(|problem| client.http().refused(name, problem))?;
            let (read, common) = (read.clone(), stream.common.clone());
            streams.push(Stream { name: name.clone(), read, common, mapping, request });
        }
        Ok(Self { client, overlap: section.overlap, streams, collected: BTreeMap::new() })
    }

    fn position(&self, name: &str) -> Result<usize, Error> {
        let found = self.streams.iter().position(|stream| stream.name == name);
        found.ok_or_else(|| self.client.http().refused(name, "there is no such stream"))
    }

    /// The next rows of a pass.
    async fn fetch(&mut self, index: usize, cursor: &Cursor, pass: &Pass) -> Result<Fetched, Error> {
        let stream = &self.streams[index];
        let name = stream.name.clone();
        let page = stream.read.page;
        // A page that follows a link, or the changes since the last pass.
        let link = pass.next.as_ref().or(cursor.delta.as_ref().filter(|_| stream.read.delta));
        let reference = match link {
            Some(link) => link.clone(),
            None => {
                let request = query::page(&stream.read, &stream.request, pass);
                let request = request.map_err(|problem| self.client.http().refused(&name, problem))?;
                self.client.reference(&request).map_err(|problem| self.client.http().refused(&name, problem))?
            }
        };
        let mut prefer = Vec::new();
        if stream.read.delta {
            prefer.push("odata.track-changes".to_owned());
        }
        if stream.read.delta || stream.read.paging == Paging::Next {
            prefer.push(format!("odata.maxpagesize={page}"));
        }
        let prefer = (!prefer.is_empty()).then(|| prefer.join(","));
        let (answer, now) = self.get(&name, &reference, prefer).await?;
        let rows = self.rows(&name, &answer)?;
        Ok(Fetched { rows, now })
    }

    /// The answer, and the clock of the system just before it was asked.
    async fn get(
        &mut self,
        name: &str,
        reference: &str,
        prefer: Option<String>,
    ) -> Result<(http::Answer, Option<DateTime<Utc>>), Error> {
        let asked = Instant::now();
        let answer = self.client.get(reference, prefer).await;
        let answer = answer.map_err(|trouble| self.client.error(name, trouble))?;
        if !answer.status.is_success() {
            return Err(self.client.failed(name, &answer));
        }
        // The header has whole seconds, and was written when the answer was ready.
        let took = TimeDelta::from_std(asked.elapsed()).unwrap_or_default() + TimeDelta::seconds(1);
        let now = answer.server_time().map(|at| at - took);
        Ok((answer, now))
    }

    fn rows(&self, name: &str, answer: &http::Answer) -> Result<Rows, Error> {
        envelope::rows(self.client.protocol(), &answer.body)
            .map_err(|problem| self.client.http().unreadable(name, problem))
    }

    /// All keys of a stream, in as many requests as it takes; `None`: too many.
    async fn all_keys(&mut self, index: usize) -> Result<Option<BTreeSet<String>>, Error> {
        let mut keys = BTreeSet::new();
        let mut pass = Cursor::default().begin(Duration::ZERO);
        for _ in 0..SWEEP_PAGES_MAX {
            let fetched = self.fetch(index, &Cursor::default(), &pass).await?;
            let stream = &self.streams[index];
            let last = query::key_of(&stream.read, fetched.rows.rows.last());
            let follows = stream.read.delta || stream.read.paging == Paging::Next;
            // Without a key to go on after, a look at all keys would not be one.
            let more = is_more(&stream.read, &fetched.rows);
            if more && last.is_empty() && !follows {
                return Ok(None);
            }
            for row in fetched.rows.rows {
                keys.extend(match row {
                    Row::Read(row) => stream.mapping.read(row).key,
                    Row::Unreadable { fields, .. } => stream.mapping.read(fields).key,
                });
            }
            if keys.len() > SWEEP_KEYS_MAX {
                return Ok(None);
            }
            if !more {
                return Ok(Some(keys));
            }
            pass.next = fetched.rows.next.filter(|_| follows);
            pass.after = last;
        }
        Ok(None)
    }

    async fn sweep(&mut self, index: usize, cursor: &mut Cursor, whole: bool) -> Result<Option<Sweep>, Error> {
        let stream = &self.streams[index];
        let name = stream.name.clone();
        let Some(sweep) = stream.common.deletes.key_sweep.clone() else { return Ok(None) };
        // A pass over everything has seen all keys already.
        let seen = self.collected.remove(&name).filter(|_| whole);
        if !cursor.is_sweep_due(sweep.every) {
            return Ok(None);
        }
        let keys = match seen {
            Some(keys) => Some(keys),
            None => self.all_keys(index).await?,
        };
        cursor.sweep_done();
        let Some(keys) = keys else {
            tracing::warn!(
                stream = name,
                keys_max = SWEEP_KEYS_MAX,
                "there are too many rows to look for those that are gone"
            );
            return Ok(None);
        };
        let external_model = self.streams[index].mapping.model().to_owned();
        Ok(Some(Sweep { external_model, keys, max_ratio: sweep.max_ratio }))
    }

    fn record(&self, index: usize, row: Row) -> (Option<DateTime<Utc>>, Option<String>, Option<Record>) {
        let mapping = &self.streams[index].mapping;
        let row = match row {
            Row::Read(row) => row,
            Row::Unreadable { problem, fields, text } => {
                let key = mapping.read(fields).key;
                let record = mapping.unreadable(key.as_deref(), text, problem);
                return (None, key, Some(record));
            }
        };
        if let Some(id) = envelope::removed(&row) {
            let key = removed_key(id);
            let record = mapping.deleted(key.clone(), None, row);
            return (None, Some(key), Some(record));
        }
        let mapped = mapping.read(row);
        (mapped.changed, mapped.key, mapped.record)
    }
}

impl Source for OdataSource {
    fn streams(&self) -> Vec<String> {
        self.streams.iter().map(|stream| stream.name.clone()).collect()
    }

    async fn page(&mut self, stream: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let index = self.position(stream)?;
        let Stream { name, read, common, mapping, .. } = &self.streams[index];
        let (name, read, version) = (name.clone(), read.clone(), mapping.version().to_owned());
        let mut cursor = Cursor::restore(cursor, &version);
        let page = |records, cursor: &Cursor, complete, sweep| Page {
            stream: name.clone(),
            records,
            cursor: Some(cursor.to_text()),
            mapping_version: version.clone(),
            complete,
            sweep,
        };
        let incremental = common.incremental.as_ref();
        let overlap = incremental.and_then(|incremental| incremental.overlap).unwrap_or(self.overlap);
        let every = common.every;
        let pass = match cursor.pass.clone() {
            // Links do not last: a pass that was begun by an earlier process begins again.
            Some(pass) if read.paging == Paging::Keyset || self.collected.contains_key(&name) => pass,
            _ => {
                if let Some(every) = every {
                    let now = self.now(index).await?;
                    if now.is_some_and(|now| !cursor.is_due(now, every)) {
                        return Ok(page(Vec::new(), &cursor, true, None));
                    }
                }
                let _ = self.collected.insert(name.clone(), BTreeSet::new());
                cursor.begin(overlap)
            }
        };
        let fetched = match self.fetch(index, &cursor, &pass).await {
            // The link was forgotten over there: everything is read again.
            Err(error) if (pass.next.is_some() || cursor.delta.is_some()) && is_refusal(&error) => {
                tracing::info!(source = name, %error, "a link of the server has expired: reading everything again");
                (cursor.delta, cursor.pass) = (None, None);
                let _ = self.collected.remove(&name);
                return Ok(page(Vec::new(), &cursor, false, None));
            }
            other => other?,
        };
        let whole = pass.since.is_none() && cursor.delta.is_none();
        let Fetched { rows, now } = fetched;
        let more = is_more(&read, &rows);
        let last = query::key_of(&read, rows.rows.last());
        if more && last.is_empty() && !(read.delta || read.paging == Paging::Next) {
            return Err(self.client.http().unreadable(&name, "the last row of a page has no key to go on after"));
        }
        let mut seen = Seen { last, newest: None, now };
        let mut records = Vec::with_capacity(rows.rows.len());
        for row in rows.rows {
            let (changed, key, record) = self.record(index, row);
            seen.newest = seen.newest.max(changed);
            if let (Some(keys), Some(key)) = (self.collected.get_mut(&name), key)
                && keys.len() <= SWEEP_KEYS_MAX
            {
                keys.insert(key);
            }
            records.extend(record);
        }
        let follows = read.delta || read.paging == Paging::Next;
        let next = Pass { next: rows.next.filter(|_| follows), ..pass };
        cursor = cursor.advance(next, seen, more);
        let mut sweep = None;
        if !more {
            cursor.delta = rows.delta.filter(|_| read.delta);
            sweep = self.sweep(index, &mut cursor, whole).await?;
        }
        Ok(page(records, &cursor, !more, sweep))
    }
}

impl OdataSource {
    /// The clock of the system: a request for the one row that is needed anyway.
    async fn now(&mut self, index: usize) -> Result<Option<DateTime<Utc>>, Error> {
        let stream = &self.streams[index];
        let name = stream.name.clone();
        let request = Request { top: Some(1), ..stream.request.clone() };
        let reference =
            self.client.reference(&request).map_err(|problem| self.client.http().refused(&name, problem))?;
        Ok(self.get(&name, &reference, None).await?.1)
    }
}

/// A server may give fewer rows than were asked for, and then says that there are more.
fn is_more(read: &Read, rows: &Rows) -> bool {
    match read.delta || read.paging == Paging::Next {
        true => rows.next.is_some(),
        // An empty page has no last key to go on after.
        false => !rows.rows.is_empty() && (rows.next.is_some() || rows.rows.len() >= read.page),
    }
}

fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::ErpRefused { .. } | Error::ErpAnswer { .. })
}

/// The key in what a deleted row says: the id itself, or a reference such as `Orders('7')`.
fn removed_key(id: &Value) -> String {
    let text = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    match text.rsplit_once('(').and_then(|(set, key)| Some((set, key.strip_suffix(')')?))) {
        Some((set, key)) if set.rsplit('/').next().is_some_and(is_name) => key
            .strip_prefix('\'')
            .and_then(|key| key.strip_suffix('\''))
            .map_or(key.to_owned(), |key| key.replace("''", "'")),
        _ => text,
    }
}

//! Views as a source of rows.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    cursor::{Cursor, Pass, Seen},
    database::{Database, Login, Session},
    manifest::{Mode, Read},
    query::{self, Bound, Dialect},
    value::{Layout, Raw, instant},
};
use crate::Error;

/// Keys of a look at all of them: as many as are compared in one transaction here. A larger view is not swept.
const SWEEP_KEYS_MAX: usize = 1_000_000;

/// Keys in one statement.
const KEYS_AT_ONCE: usize = 500;

/// A page of rows, before the mapping.
#[derive(Debug)]
pub struct Rows {
    /// The rows, each an object by column.
    pub rows: Vec<Value>,
    /// Where the next page begins.
    pub cursor: String,
    /// Whether the pass ends with this page.
    pub complete: bool,
    /// All keys, when they were looked at.
    pub keys: Option<Vec<String>>,
}

/// How often things are done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rhythm {
    /// How much is read again before the latest time.
    pub overlap: Duration,
    /// The least time between two passes.
    pub every: Option<Duration>,
    /// How often all keys are looked at.
    pub sweep: Option<Duration>,
}

/// Reads the views of one database.
pub struct Views {
    database: Database,
}

impl Views {
    /// Nothing is opened yet.
    ///
    /// # Errors
    /// [`Error::ErpRefused`] for a URL of another database, or one with a password in it.
    pub fn new(login: Login) -> Result<Self, Error> {
        Ok(Self { database: Database::new(login)? })
    }

    /// The error of something that this database is not asked for.
    pub(super) fn refused(&self, operation: &str, problem: &str) -> Error {
        self.database.refused(operation, problem)
    }

    /// The rows with these keys, as many as there are.
    ///
    /// # Errors
    /// As [`Views::page`].
    pub async fn by_keys(&mut self, stream: &str, read: &Read, keys: Vec<String>) -> Result<Vec<Value>, Error> {
        let dialect = self.database.dialect()?;
        let mut session = self.database.begin().await?;
        let layout = layout(&mut session, stream, dialect, read).await?;
        let mut rows = Vec::with_capacity(keys.len());
        for keys in keys.chunks(KEYS_AT_ONCE) {
            let found = session.rows(stream, query::by_keys(dialect, read, &layout, keys)).await?;
            rows.extend(self::rows(read, &layout, found).0);
        }
        Ok(rows)
    }

    /// The next page of a view, after `cursor`.
    ///
    /// # Errors
    /// When the database does not answer, refuses, or has no such view or column.
    pub async fn page(
        &mut self,
        stream: &str,
        read: &Read,
        cursor: Option<&str>,
        mapping: &str,
        rhythm: Rhythm,
    ) -> Result<Rows, Error> {
        let dialect = self.database.dialect()?;
        let mut session = self.database.begin().await?;
        let mut cursor = Cursor::restore(cursor, mapping);
        let now = server_time(&mut session).await?;
        let pass = match cursor.pass.clone() {
            Some(pass) => pass,
            None if rhythm.every.is_some_and(|every| !cursor.is_due(now, every)) => {
                return Ok(Rows { rows: Vec::new(), cursor: cursor.to_text(), complete: true, keys: None });
            }
            None => begin(&cursor, read, rhythm.overlap, now),
        };
        let layout = layout(&mut session, stream, dialect, read).await?;
        let found = session.rows(stream, query::page(dialect, read, &layout, &pass)).await?;
        let more = found.len() >= read.page;
        let (rows, seen) = rows(read, &layout, found);
        cursor = cursor.advance(pass, seen, more);
        let mut keys = None;
        if let Some(every) = rhythm.sweep.filter(|every| !more && cursor.is_sweep_due(now, *every)) {
            keys = all_keys(&mut session, stream, dialect, read).await?;
            tracing::debug!(stream, every = every.as_secs(), keys = keys.as_ref().map(Vec::len), "looked at all keys");
            cursor.sweep_done(now);
        }
        Ok(Rows { rows, cursor: cursor.to_text(), complete: !more, keys })
    }
}

fn begin(cursor: &Cursor, read: &Read, overlap: Duration, now: DateTime<Utc>) -> Pass {
    match read.mode() {
        Mode::Version => cursor.begin_versions(now, read.overlap_versions),
        Mode::Time => cursor.begin(now, overlap),
        Mode::Full => Cursor::default().begin(now, Duration::ZERO),
    }
}

async fn layout(session: &mut Session<'_>, stream: &str, dialect: Dialect, read: &Read) -> Result<Layout, Error> {
    let described = session.shape(stream, query::shape(read), read.table.parts()).await?;
    Layout::new(dialect, read, &described).map_err(|problem| session.unreadable(stream, &problem))
}

async fn server_time(session: &mut Session<'_>) -> Result<DateTime<Utc>, Error> {
    let now = session.now().await?;
    instant(&now, None).ok_or_else(|| session.unreadable("the time", "it is no time"))
}

fn rows(read: &Read, layout: &Layout, found: Vec<Vec<Raw>>) -> (Vec<Value>, Seen) {
    let mut seen = Seen::default();
    let mut rows = Vec::with_capacity(found.len());
    for values in found {
        let mut values = values.into_iter();
        let key = values.next().unwrap_or(Raw::Null);
        seen.last_key = match key {
            Raw::Integer(key) => Some(Bound::Integer(key)),
            Raw::Text(key) => Some(Bound::Text(key)),
            Raw::Real(key) => Some(Bound::Text(key.to_string())),
            Raw::Null | Raw::Blob(_) => seen.last_key,
        };
        seen.last_version = match values.next() {
            Some(Raw::Integer(version)) => Some(version),
            Some(Raw::Text(version)) => version.parse().ok(),
            _ => seen.last_version,
        };
        let row = layout.row(values);
        seen.newest = seen.newest.max(layout.changed(read, &row));
        rows.push(row);
    }
    (rows, seen)
}

/// All keys of the view, in one statement: it gives all of them or fails.
async fn all_keys(
    session: &mut Session<'_>,
    stream: &str,
    dialect: Dialect,
    read: &Read,
) -> Result<Option<Vec<String>>, Error> {
    let hidden = session.rows(stream, query::unreadable(dialect, read)).await?;
    match hidden.into_iter().flatten().next() {
        Some(Raw::Text(count)) if count != "0" => {
            tracing::warn!(stream, count, "rows without a key or a version are never read");
        }
        _ => {}
    }
    let found = session.rows(stream, query::keys(dialect, read, SWEEP_KEYS_MAX + 1)).await?;
    if found.len() > SWEEP_KEYS_MAX {
        tracing::warn!(stream, keys_max = SWEEP_KEYS_MAX, "the view has too many rows to look for those that are gone");
        return Ok(None);
    }
    let text = |raw| match raw {
        Raw::Text(key) => Some(key),
        Raw::Integer(key) => Some(key.to_string()),
        _ => None,
    };
    Ok(Some(found.into_iter().flatten().filter_map(text).collect()))
}

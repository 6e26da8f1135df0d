//! Listing records: what has changed since a time, in pages by id.

use std::{collections::BTreeMap, ops::Bound};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{record::Record, refusal::Refusal};

/// Records in a page that names no limit.
const LIMIT_DEFAULT: usize = 100;
/// Most records in a page: keeps an answer well below a megabyte.
pub(super) const LIMIT_MAX: usize = 500;

/// The query of a listing as it was sent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    changed_since: Option<String>,
    after_id: Option<i64>,
    limit: Option<usize>,
}

/// The query of a listing, checked.
pub(super) struct PageRequest {
    changed_since: Option<DateTime<Utc>>,
    after_id: i64,
    limit: usize,
}

/// One page of a listing.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) server_time: DateTime<Utc>,
    pub(super) has_more: bool,
}

impl TryFrom<PageQuery> for PageRequest {
    type Error = Refusal;

    fn try_from(query: PageQuery) -> Result<Self, Refusal> {
        let changed_since = query.changed_since.map(|text| time(&text)).transpose()?;
        let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Refusal::BadRequest(format!("`limit` must be 1 to {LIMIT_MAX}")));
        }
        Ok(PageRequest { changed_since, after_id: query.after_id.unwrap_or(0), limit })
    }
}

impl PageRequest {
    /// The records after `after_id` that have changed at `changed_since` or later, by id.
    pub(super) fn select<T: Record>(&self, records: &BTreeMap<i64, T>, now: DateTime<Utc>) -> Page<T> {
        let after = (Bound::Excluded(self.after_id), Bound::Unbounded);
        let mut rest = records
            .range(after)
            .map(|(_, record)| record)
            .filter(|record| self.changed_since.is_none_or(|since| record.changed_at() >= since));
        let items = rest.by_ref().take(self.limit).cloned().collect();
        Page { items, server_time: now, has_more: rest.next().is_some() }
    }
}

fn time(text: &str) -> Result<DateTime<Utc>, Refusal> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(time.to_utc()),
        Err(error) => Err(Refusal::BadRequest(format!(
            "`changed_since` must be an RFC 3339 time such as 2026-01-31T08:00:00Z \
             (a `+` has to be sent as `%2B`): {error}"
        ))),
    }
}

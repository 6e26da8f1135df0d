//! Listing records in pages.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    Wms, error,
    rows::{Record, time},
};
use crate::business::call::{Call, Reply};

/// Records in a page that names no limit.
const LIMIT_DEFAULT: usize = 100;
/// Most records in a page.
const LIMIT_MAX: usize = 1000;

/// The query of a listing.
struct Wanted {
    since: Option<DateTime<Utc>>,
    after: i64,
    limit: usize,
}

fn wanted(call: &Call, since: &str) -> Result<Wanted, Reply> {
    let bad = |message: &str| error(StatusCode::BAD_REQUEST, "BAD_REQUEST", message);
    let time = call.param(since).map(DateTime::parse_from_rfc3339).transpose();
    let time = time.map_err(|_| bad("the time must be RFC 3339 (a `+` has to be sent as `%2B`)"))?;
    let after = call.param("after").map(str::parse).transpose().map_err(|_| bad("`after` must be a number"))?;
    let limit = call.param("limit").map(str::parse).transpose().map_err(|_| bad("`limit` must be a number"))?;
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(bad("`limit` must be 1 to 1000"));
    }
    Ok(Wanted { since: time.map(|time| time.to_utc()), after: after.unwrap_or(i64::MIN), limit })
}

/// After which id a listing begins; a query that makes no sense is refused later.
pub(super) fn after(call: &Call) -> i64 {
    call.param("after").and_then(|after| after.parse().ok()).unwrap_or(0)
}

/// A page of records, which come in the order of their ids.
pub(super) fn page<R: Record>(call: &Call, now: DateTime<Utc>, records: impl Iterator<Item = R>) -> Reply {
    let wanted = match wanted(call, "updated_since") {
        Ok(wanted) => wanted,
        Err(refusal) => return refusal,
    };
    let every = if call.half { 2 } else { 1 };
    let mut rest = records
        .filter(|record| record.id() > wanted.after)
        // Times are told in milliseconds, and compared so.
        .filter(|record| {
            wanted.since.is_none_or(|since| record.updated_at().timestamp_millis() >= since.timestamp_millis())
        })
        .step_by(every);
    let page: Vec<R> = rest.by_ref().take(wanted.limit).collect();
    let next = rest.next().and(page.last()).map(|record| record.id());
    answer(page.iter().map(Record::json).collect(), next, now)
}

fn answer(data: Vec<Value>, next: Option<i64>, now: DateTime<Utc>) -> Reply {
    Reply::json(StatusCode::OK, &json!({ "data": data, "next_after": next, "server_time": time(now) }))
}

impl Wms {
    pub(super) fn list_deletions(&self, call: &Call, now: DateTime<Utc>) -> Reply {
        let wanted = match wanted(call, "since") {
            Ok(wanted) => wanted,
            Err(refusal) => return refusal,
        };
        let mut rest = self
            .deletions
            .iter()
            .filter(|deletion| deletion.seq > wanted.after)
            .filter(|deletion| wanted.since.is_none_or(|since| deletion.at >= since));
        let page: Vec<_> = rest.by_ref().take(wanted.limit).collect();
        let next = rest.next().and(page.last()).map(|deletion| deletion.seq);
        let data = page.into_iter().map(|deletion| {
            json!({ "seq": deletion.seq, "collection": deletion.collection, "id": deletion.id, "at": time(deletion.at) })
        });
        answer(data.collect(), next, now)
    }
}

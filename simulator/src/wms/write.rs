//! What a client may change: once for every key.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Operation, Wms, error,
    rows::{Record, Staging, Status},
};
use crate::business::call::{Call, Reply};

pub(super) const BLOCK: &str = "block-lot";
pub(super) const UNBLOCK: &str = "unblock-lot";
pub(super) const EXPEDITE: &str = "expedite-task";

/// Keys that are remembered; more than a demo makes.
const OPERATIONS_MAX: usize = 100_000;
/// Longest key in bytes.
const KEY_BYTES_MAX: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    reason: String,
    key: String,
}

/// The business says no: told with status 200, as some systems do.
struct No(&'static str, String);

impl Wms {
    pub(super) fn write(&mut self, path: &[&str], call: &Call, now: DateTime<Utc>) -> Reply {
        let (action, id) = match path {
            ["lots", id, "block"] => (BLOCK, id.parse().ok()),
            ["lots", id, "unblock"] => (UNBLOCK, id.parse().ok()),
            ["staging-tasks", id, "expedite"] => (EXPEDITE, id.parse().ok()),
            _ => return error(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such resource"),
        };
        let wanted: Wanted = match serde_json::from_slice(&call.body) {
            Ok(wanted) => wanted,
            Err(problem) => return error(StatusCode::BAD_REQUEST, "BAD_REQUEST", &problem.to_string()),
        };
        if wanted.key.is_empty() || wanted.key.len() > KEY_BYTES_MAX {
            return error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "`key` must have 1 to 128 bytes");
        }
        let known =
            |id: &i64| if action == EXPEDITE { self.tasks.contains_key(id) } else { self.lots.contains_key(id) };
        let Some(id) = id.filter(known) else {
            return error(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such record");
        };
        if let Some(done) = self.operations.get(&wanted.key) {
            return match done.action == action && done.target == id {
                true => self.done(action, id, true),
                false => error(StatusCode::CONFLICT, "KEY_REUSED", "the key has been used for something else"),
            };
        }
        let outcome = match action {
            EXPEDITE => self.expedite(id, &wanted, now),
            _ => self.set_blocked(id, action, &wanted, now),
        };
        if let Err(No(code, message)) = outcome {
            return Reply::json(StatusCode::OK, &json!({ "result": "ERROR", "code": code, "message": message }));
        }
        if self.operations.len() >= OPERATIONS_MAX {
            self.operations.pop_first();
        }
        self.operations.insert(wanted.key, Operation { action, target: id, at: now });
        self.done(action, id, false)
    }

    fn done(&self, action: &str, id: i64, replayed: bool) -> Reply {
        let record = if action == EXPEDITE {
            self.tasks.get(&id).map(Record::json)
        } else {
            self.lots.get(&id).map(Record::json)
        };
        let record = record.unwrap_or(Value::Null);
        Reply::json(StatusCode::OK, &json!({ "result": "OK", "replayed": replayed, "record": record }))
    }

    fn set_blocked(&mut self, id: i64, action: &'static str, wanted: &Wanted, now: DateTime<Utc>) -> Result<(), No> {
        let Some(lot) = self.lots.get_mut(&id) else { return Ok(()) };
        if lot.deleted {
            return Err(No("LOT_DELETED", format!("lot {} is deleted", lot.number)));
        }
        let before = lot.status;
        let after = match (action, before) {
            (_, Status::Shipped) => return Err(No("LOT_SHIPPED", format!("lot {} has left", lot.number))),
            (_, Status::Damaged) => return Err(No("LOT_DAMAGED", format!("lot {} is waste", lot.number))),
            (BLOCK, _) => Status::Blocked,
            (_, Status::Blocked) => lot.unblocked,
            (_, other) => other,
        };
        if before == after {
            return Ok(());
        }
        if before != Status::Blocked {
            lot.unblocked = before;
        }
        lot.status = after;
        lot.reason = (after == Status::Blocked).then(|| wanted.reason.clone());
        lot.touch(now);
        let number = lot.number.clone();
        self.ledger.record(now, &wanted.key, action, &number, (before.word(), after.word()));
        self.announce_lot(id, now);
        Ok(())
    }

    fn expedite(&mut self, id: i64, wanted: &Wanted, now: DateTime<Utc>) -> Result<(), No> {
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(()) };
        let before = task.state;
        match before {
            Staging::Open | Staging::Picking => {}
            Staging::Short => return Err(No("NO_STOCK", format!("there is no stock for task {}", task.number()))),
            Staging::Staged | Staging::Consumed | Staging::Cancelled => {
                return Err(No("TASK_CLOSED", format!("task {} is {}", task.number(), before.word())));
            }
        }
        task.expedited = true;
        task.stuck = false;
        task.enter(Staging::Picking, now);
        let number = task.number();
        self.ledger.record(now, &wanted.key, EXPEDITE, &number, (before.word(), Staging::Picking.word()));
        self.announce("staging_task.updated", id, now);
        Ok(())
    }
}

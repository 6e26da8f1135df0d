//! A simulated ERP: materials, lots and production orders behind a small HTTP API.
//!
//! Every request needs `Authorization: Bearer <key>`. Bodies and answers are JSON; times are RFC 3339
//! in UTC with microseconds; quantities are decimal numbers in strings.
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/orders`, `/api/materials`, `/api/lots`, `/api/ledger` | `{ "items": [...], "server_time": "...", "has_more": false }` |
//! | `POST /api/orders/{id}/resequence` with `{ "line": "L2", "key": "..." }` | `{ "record": {...}, "effect": {...}, "replayed": false }` |
//! | `POST /api/lots/{id}/block` or `/unblock` with `{ "key": "..." }` | the same |
//!
//! A listing takes `changed_since` (inclusive; compared with `updated_at`, or with `created_at` while
//! that is null), `after_id` and `limit` (1 to 500, 100 unless told), and is ordered by id.
//! The key makes an action idempotent: the same request again has no further effect and gets the
//! first effect, marked `replayed`; another request with the same key is a conflict.
//!
//! A refusal is `{ "error": { "code": "...", "message": "..." } }`: 400 `BAD_REQUEST`, 401
//! `UNAUTHORIZED`, 404 `NOT_FOUND`, 405 `METHOD_NOT_ALLOWED`, 409 `ORDER_CLOSED` or `KEY_REUSED`.
//!
//! Statuses of orders: `PLANNED`, `RELEASED`, `STARTED`, `FINISHED`, `CANCELLED`. Stock types of lots:
//! `UNRESTRICTED`, `QUALITY`, `BLOCKED`. Closed orders and old lots are deleted without a trace when
//! there are more than a thousand of them.

mod book;
pub(crate) mod catalog;
mod furnish;
mod http;
mod ledger;
mod page;
mod planning;
pub(crate) mod record;
mod refusal;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub(crate) use book::{Book, Confirmation, Link, lot_number};
pub(crate) use furnish::NewOrder;
pub(crate) use http::Desk;
pub(crate) use planning::Dispatch;

use crate::Error;

/// How long requests may go on after the stop before their connections are dropped.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(3);

/// Serves the API until cancelled.
pub(crate) async fn serve(
    listener: TcpListener,
    desk: Desk,
    key: String,
    cancel: CancellationToken,
) -> Result<(), Error> {
    let drain = cancel.clone();
    let server =
        axum::serve(listener, http::router(desk, key)).with_graceful_shutdown(async move { drain.cancelled().await });
    let overdue = async {
        cancel.cancelled().await;
        tokio::time::sleep(DRAIN_TIME_MAX).await;
    };
    tokio::select! {
        served = server => served.map_err(Error::Erp),
        () = overdue => {
            warn!("the simulated ERP drops connections that did not end in time");
            Ok(())
        }
    }
}

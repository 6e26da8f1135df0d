//! The ERP's HTTP API.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Json, Router,
    extract::{
        DefaultBodyLimit, Path, Query, Request, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::header::AUTHORIZATION,
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    book::{Acted, Book},
    ledger::Effect,
    page::{Page, PageQuery, PageRequest},
    record::{Lot, Material, Order},
    refusal::Refusal,
};
use crate::clock::wall_now;

/// Largest request body in bytes; a request to act has two short fields.
const BODY_BYTES_MAX: usize = 16 * 1024;

type Answer<T> = Result<Json<T>, Refusal>;
type QueryOf = Result<Query<PageQuery>, QueryRejection>;
type IdOf = Result<Path<i64>, PathRejection>;
type BodyOf<T> = Result<Json<T>, JsonRejection>;

/// The data, shared between the requests and the floor.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Mutex<Book>>);

impl Desk {
    pub(crate) fn new(book: Book) -> Self {
        Desk(Arc::new(Mutex::new(book)))
    }

    /// The data, exclusively. Held for one request or one step of the floor, never across an await.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        // A request that panicked has at worst left one record half changed; the demo goes on.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resequence {
    line: String,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keyed {
    key: String,
}

/// The routes, behind the check of the key.
pub(super) fn router(desk: Desk, key: String) -> Router {
    Router::new()
        .route("/api/orders", get(orders))
        .route("/api/materials", get(materials))
        .route("/api/lots", get(lots))
        .route("/api/ledger", get(ledger))
        .route("/api/orders/{id}/resequence", post(resequence))
        .route("/api/lots/{id}/block", post(block))
        .route("/api/lots/{id}/unblock", post(unblock))
        .fallback(|| async { Refusal::NoRoute })
        .method_not_allowed_fallback(|| async { Refusal::WrongMethod })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::<str>::from(key), authorize))
        .with_state(desk)
}

async fn authorize(State(key): State<Arc<str>>, request: Request, next: Next) -> Result<Response, Refusal> {
    let presented = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match presented {
        Some((_, presented)) if same(presented.as_bytes(), key.as_bytes()) => Ok(next.run(request).await),
        Some(_) | None => Err(Refusal::Unauthorized),
    }
}

/// Compares in a time that says nothing about where the difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |diff, (l, r)| diff | (l ^ r)) == 0
}

async fn orders(State(desk): State<Desk>, query: QueryOf) -> Answer<Page<Order>> {
    list(query, |request, now| request.select(&desk.book().orders, now))
}

async fn materials(State(desk): State<Desk>, query: QueryOf) -> Answer<Page<Material>> {
    list(query, |request, now| request.select(&desk.book().materials, now))
}

async fn lots(State(desk): State<Desk>, query: QueryOf) -> Answer<Page<Lot>> {
    list(query, |request, now| request.select(&desk.book().lots, now))
}

async fn ledger(State(desk): State<Desk>, query: QueryOf) -> Answer<Page<Effect>> {
    list(query, |request, now| request.select(desk.book().ledger.effects(), now))
}

async fn resequence(State(desk): State<Desk>, id: IdOf, body: BodyOf<Resequence>) -> Answer<Acted<Order>> {
    let (id, body) = (id_of(id)?, body_of(body)?);
    desk.book().resequence(id, &body.line, &body.key, wall_now()).map(Json)
}

async fn block(State(desk): State<Desk>, id: IdOf, body: BodyOf<Keyed>) -> Answer<Acted<Lot>> {
    let (id, body) = (id_of(id)?, body_of(body)?);
    desk.book().block(id, &body.key, wall_now()).map(Json)
}

async fn unblock(State(desk): State<Desk>, id: IdOf, body: BodyOf<Keyed>) -> Answer<Acted<Lot>> {
    let (id, body) = (id_of(id)?, body_of(body)?);
    desk.book().unblock(id, &body.key, wall_now()).map(Json)
}

fn list<T>(query: QueryOf, page: impl FnOnce(PageRequest, DateTime<Utc>) -> Page<T>) -> Answer<Page<T>> {
    let Query(query) = query.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    Ok(Json(page(PageRequest::try_from(query)?, wall_now())))
}

fn id_of(id: IdOf) -> Result<i64, Refusal> {
    id.map(|Path(id)| id).map_err(|error| Refusal::BadRequest(error.body_text()))
}

fn body_of<T>(body: BodyOf<T>) -> Result<T, Refusal> {
    body.map(|Json(body)| body).map_err(|error| Refusal::BadRequest(error.body_text()))
}

//! Why the ERP does not do what it was asked to.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A request that was refused; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("send `Authorization: Bearer <key>` with the key of this ERP")]
    Unauthorized,
    #[error("there is no {model} with id {id}")]
    NotFound { model: &'static str, id: i64 },
    #[error("there is no such resource")]
    NoRoute,
    #[error("the resource does not know this method")]
    WrongMethod,
    #[error("{0}")]
    BadRequest(String),
    #[error("order {number} is {status} and cannot be moved")]
    OrderClosed { number: String, status: &'static str },
    #[error("key `{0}` has been used for another action")]
    KeyReused(String),
}

impl Refusal {
    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Refusal::Unauthorized => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
            Refusal::NotFound { .. } | Refusal::NoRoute => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Refusal::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
            Refusal::BadRequest(_) => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            Refusal::OrderClosed { .. } => (StatusCode::CONFLICT, "ORDER_CLOSED"),
            Refusal::KeyReused(_) => (StatusCode::CONFLICT, "KEY_REUSED"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        let body = json!({ "error": { "code": code, "message": self.to_string() } });
        (status, Json(body)).into_response()
    }
}

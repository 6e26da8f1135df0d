//! Writing responses: status, headers, JSON.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::Code;
use serde::Serialize;

use super::{
    super::{Refusal, answer as outgoing, media::Media},
    METHODS,
};

/// A JSON response.
pub(super) fn answer(media: Media, status: StatusCode, body: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(body) else {
        // Only a map with keys that are no texts can fail, and GraphQL has none.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, media.content_type()),
        (header::VARY, "accept"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body).into_response()
}

/// A response that says why there is no result: errors and no `data`.
pub(in super::super) fn refuse(media: Media, status: StatusCode, refusals: &[Refusal]) -> Response {
    let mut response = answer(media, status, &outgoing::refused(refusals));
    let headers = response.headers_mut();
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"plantgraph\""));
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(header::ALLOW, HeaderValue::from_static(METHODS));
        }
        _ => {}
    }
    response
}

/// The status that says what the code says.
pub(super) fn status(code: Code) -> StatusCode {
    match code {
        Code::Unauthenticated | Code::TokenInvalid | Code::TokenExpired | Code::TokenIssuerUnknown => {
            StatusCode::UNAUTHORIZED
        }
        Code::IntrospectionForbidden | Code::OriginForbidden | Code::PrincipalUnknown => StatusCode::FORBIDDEN,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::MediaTypeUnsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Code::DatabaseUnavailable | Code::TokenKeysUnavailable | Code::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
